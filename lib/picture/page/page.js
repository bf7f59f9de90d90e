'use strict';
const data = JSON.parse(document.getElementById('data').textContent), el = id => document.getElementById(id);
const MEAN = -1, MAX = -2, NS = 'http://www.w3.org/2000/svg', root = document.documentElement;
const now = { kind: 0, layer: MEAN, head: MEAN, view: 'map', own: true }, cache = new Map();
const pen = document.createElement('canvas').getContext('2d');
const colormaps = { light: ['#faf6f0', '#f6d7b0', '#e8916a', '#b93556', '#6d1048', '#2c0528'],
               dark: ['#262029', '#45163f', '#8c1f51', '#d4485a', '#f49a5f', '#fff0b8'] };
const SPACE = '\u2423';
let table = [];

/* ---- data ---- */
/* Tokenizers write a space as U+2581; it is shown as SPACE, faint in the drawings. */
for (const k of data.kinds) for (const side of ['rows', 'columns']) k[side] = k[side].map(t => t.replaceAll('\u2581', SPACE));
const kind = () => data.kinds[now.kind];
const layers = k => [...new Set(k.maps.map(m => m[0]))].sort((a, b) => a - b);
const heads = k => [...new Set(k.maps.map(m => m[1]))].sort((a, b) => a - b);
function unpack(text) {
  const raw = atob(text), out = new Float32Array(raw.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = (raw.charCodeAt(2 * i) | raw.charCodeAt(2 * i + 1) << 8) / 65535;
  return out;
}
function weights(layer, head) {
  const key = now.kind + '/' + layer + '/' + head, k = kind();
  if (cache.has(key)) return cache.get(key);
  const some = k.maps.filter(m => (layer < 0 || m[0] === layer) && (head < 0 || m[1] === head));
  let out = new Float32Array(k.rows.length * k.columns.length);
  if (layer >= 0 && head >= 0) { if (some.length) out = unpack(some[0][2]); }
  else {   /* over the heads of each layer, then over the layers */
    const parts = layer >= 0 ? some.map(m => weights(m[0], m[1])) : [...new Set(some.map(m => m[0]))].map(l => weights(l, head));
    const maximum = layer >= 0 && head === MAX;
    for (const w of parts)
      for (let i = 0; i < out.length; i++) out[i] = maximum ? Math.max(out[i], w[i]) : out[i] + w[i] / parts.length;
  }
  cache.set(key, out);
  return out;
}
const most = w => now.own ? w.reduce((a, b) => Math.max(a, b), 0) || 1 : 1;
const percent = w => (100 * w).toFixed(w < 0.0995 ? 2 : 1) + ' %';
const over = (name, n, all) => n === MEAN ? `mean of ${all} ${name}s` : n === MAX ? `maximum of ${all} ${name}s` : `${name} ${n + 1}`;

/* ---- colour ---- */
function makeTable() {
  const dark = root.dataset.theme === 'dark', stops = (dark ? colormaps.dark : colormaps.light).map(s =>
    [1, 3, 5].map(i => parseInt(s.slice(i, i + 2), 16)));
  table = Array.from({ length: 256 }, (_, i) => {
    const at = i / 255 * (stops.length - 1), a = Math.min(Math.floor(at), stops.length - 2), f = at - a;
    return stops[a].map((c, j) => Math.round(c + (stops[a + 1][j] - c) * f));
  });
}
const rgb = t => table[Math.max(0, Math.min(255, Math.round(255 * t)))];
const css = t => 'rgb(' + rgb(t) + ')';
const inkOn = t => { const [r, g, b] = rgb(t); return 0.3 * r + 0.59 * g + 0.11 * b > 140 ? '#231c24' : '#ffffff'; };

/* ---- small helpers ---- */
function svg(name, attributes, parent, text) {
  const e = document.createElementNS(NS, name);
  for (const a in attributes) e.setAttribute(a, attributes[a]);
  if (text !== undefined) text.split(SPACE).forEach((part, i) => {
    if (i) svg('tspan', { class: 'space' }, e).textContent = SPACE;
    e.append(part);
  });
  if (parent) parent.append(e);
  return e;
}
const width = (text, size) => { pen.font = size + 'px ' + getComputedStyle(document.body).fontFamily; return pen.measureText(text).width; };
function shorten(text, size, room) {
  if (width(text, size) <= room) return text;
  const all = Array.from(text);
  while (all.length && width(all.join('') + '\u2026', size) > room) all.pop();
  return all.join('') + '\u2026';
}
function tip(event, lines) {
  const t = el('tip');
  if (!event) { t.style.display = 'none'; return; }
  t.replaceChildren();
  for (const [text, value] of lines) {
    const d = document.createElement('div'), b = document.createElement('b');
    b.textContent = value; d.append(text, b); t.append(d);
  }
  t.style.display = 'block';
  const x = Math.min(event.clientX + 16, innerWidth - t.offsetWidth - 8);
  const y = event.clientY + 18 + t.offsetHeight > innerHeight ? event.clientY - t.offsetHeight - 12 : event.clientY + 18;
  t.style.left = Math.max(4, x) + 'px'; t.style.top = Math.max(4, y) + 'px';
}
const strongest = (list, names) => list.map((w, i) => [w, i]).sort((a, b) => b[0] - a[0]).slice(0, 5)
  .filter(p => p[0] > 0).map(p => [names[p[1]], percent(p[0])]);

/* ---- the map ---- */
function layout(k, room) {
  const R = k.rows.length, C = k.columns.length;
  const left = Math.min(190, Math.max(...k.rows.map(t => width(t, 13)))) + 14;
  const wide = Math.min(150, Math.max(...k.columns.map(t => width(t, 13))));
  let cell = Math.floor((room - left - 12) / C);
  const flat = wide + 10 <= Math.min(cell, 88);
  if (!flat) cell = Math.floor((room - left - 12 - wide * 0.65) / C);
  cell = Math.max(11, Math.min(flat ? 88 : 44, cell));
  const tall = Math.min(cell, 38);
  return { R, C, left, wide, cell, tall, flat, size: Math.min(13, cell), top: flat ? 28 : wide * 0.78 + 22,
           w: left + C * cell + (flat ? 8 : wide * 0.65 + 12) };
}
function paintCells(canvas, l, w, top) {
  const ratio = devicePixelRatio || 1, c = canvas.getContext('2d'), gap = l.cell > 13 ? 1 : 0;
  canvas.width = l.C * l.cell * ratio; canvas.height = l.R * l.tall * ratio;
  canvas.style.cssText = `left:${l.left}px;top:${l.top}px;width:${l.C * l.cell}px;height:${l.R * l.tall}px`;
  c.scale(ratio, ratio);
  c.textAlign = 'center'; c.textBaseline = 'middle'; c.font = '11px system-ui, sans-serif';
  for (let r = 0; r < l.R; r++) for (let j = 0; j < l.C; j++) {
    const v = w[r * l.C + j], t = v / top;
    c.fillStyle = css(t);
    c.fillRect(j * l.cell, r * l.tall, l.cell - gap, l.tall - gap);
    if (l.cell >= 30 && v >= 0.095) {
      c.fillStyle = inkOn(t);
      c.fillText(Math.round(100 * v), (j + 0.5) * l.cell, (r + 0.54) * l.tall);
    }
  }
}
function drawMap(stage, k, w) {
  const l = layout(k, stage.clientWidth), canvas = document.createElement('canvas'), high = l.top + l.R * l.tall + 6;
  paintCells(canvas, l, w, most(w));
  const s = svg('svg', { width: l.w, height: high, role: 'img', 'aria-label': el('caption').textContent });
  const rowText = k.rows.map((t, r) => svg('text', { x: l.left - 8, y: l.top + (r + 0.5) * l.tall, 'text-anchor': 'end',
    'dominant-baseline': 'central', 'font-size': l.size }, s, shorten(t, l.size, l.left - 14)));
  const columnText = k.columns.map((t, j) => {
    const x = l.left + (j + 0.5) * l.cell, y = l.top - 8, text = shorten(t, l.size, l.flat ? l.cell : 150);
    return svg('text', l.flat ? { x, y, 'text-anchor': 'middle', 'font-size': l.size } :
      { x, y, transform: `rotate(-50 ${x} ${y})`, 'font-size': l.size }, s, text);
  });
  const ring = ['x', 'y'].map(() => svg('rect', { class: 'ring', visibility: 'hidden', rx: 3 }, s));
  function point(event) {
    const box = s.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
    const j = x < l.left ? -1 : Math.floor((x - l.left) / l.cell), r = y < l.top ? -1 : Math.floor((y - l.top) / l.tall);
    const row = r >= 0 && r < l.R, column = j >= 0 && j < l.C;
    rowText.forEach((t, i) => t.classList.toggle('on', row && i === r));
    columnText.forEach((t, i) => t.classList.toggle('on', column && i === j));
    const put = (e, show, a) => { e.setAttribute('visibility', show ? 'visible' : 'hidden'); for (const n in a) e.setAttribute(n, a[n]); };
    put(ring[0], row && x < l.left + l.C * l.cell, { x: l.left - 1, y: l.top + r * l.tall - 1, width: l.C * l.cell + 1, height: l.tall + 1 });
    put(ring[1], column, { x: l.left + j * l.cell - 1, y: l.top - 1, width: l.cell + 1, height: l.R * l.tall + 1 });
    if (row && column) tip(event, [[k.rows[r] + '  \u2192  ' + k.columns[j], ''], ['weight ' + w[r * l.C + j].toFixed(4), percent(w[r * l.C + j])]]);
    else if (row && j < 0) tip(event, [[k.rows[r] + ' reads', ''], ...strongest([...w.slice(r * l.C, (r + 1) * l.C)], k.columns)]);
    else if (column && r < 0) tip(event, [[k.columns[j] + ' is read by', ''], ...strongest(k.rows.map((_, i) => w[i * l.C + j]), k.rows)]);
    else tip();
  }
  s.addEventListener('pointermove', point);
  s.addEventListener('pointerdown', point);
  s.addEventListener('pointerleave', () => { tip(); point({ clientX: -9, clientY: -9 }); });
  stage.replaceChildren(canvas, s);
}

/* ---- the cords ---- */
function drawCords(stage, k, w) {
  const step = 26, R = k.rows.length, C = k.columns.length, top = most(w), high = Math.max(R, C) * step + 24;
  const side = t => Math.min(220, Math.max(...t.map(x => width(x, 14)))) + 18;
  const a = side(k.columns), b = side(k.rows), room = Math.min(stage.clientWidth, 820), x0 = a, x1 = Math.max(room - b, a + 160);
  const s = svg('svg', { width: x1 + b, height: high, role: 'img', 'aria-label': el('caption').textContent });
  const y = (i, n) => 18 + (Math.max(R, C) - n) * step / 2 + i * step, cords = [];
  for (let r = 0; r < R; r++) for (let j = 0; j < C; j++) {
    const t = w[r * C + j] / top;
    if (t < 0.03) continue;
    const bend = (x1 - x0) * 0.45, from = y(j, C), to = y(r, R);
    const p = svg('path', { d: `M${x0} ${from}C${x0 + bend} ${from} ${x1 - bend} ${to} ${x1} ${to}`, stroke: css(0.25 + 0.75 * t),
      'stroke-width': 0.8 + 6 * t, 'stroke-linecap': 'round' }, s);
    cords.push({ p, r, j, t, shown: 0.25 + 0.6 * t });
  }
  cords.sort((p, q) => p.t - q.t).forEach(c => s.append(c.p));
  const names = [];
  function show(side, i) {
    for (const c of cords) c.p.setAttribute('opacity', side === undefined ? c.shown : c[side] === i ? 0.95 : 0.05);
    for (const n of names) n.e.classList.toggle('dim', side !== undefined && !(n.side === side && n.i === i) &&
      !cords.some(c => c[side] === i && c[n.side] === n.i && c.t > 0.1));
  }
  const name = (side, i, text, x, at, anchor, lines) => {
    const e = svg('text', { x, y: at, 'text-anchor': anchor, 'dominant-baseline': 'central', 'font-size': 14 }, s, shorten(text, 14, 220));
    e.addEventListener('pointerenter', event => { show(side, i); tip(event, lines()); });
    e.addEventListener('pointerleave', () => { show(); tip(); });
    names.push({ e, side, i });
  };
  k.columns.forEach((t, j) => name('j', j, t, x0 - 10, y(j, C), 'end',
    () => [[t + ' is read by', ''], ...strongest(k.rows.map((_, r) => w[r * C + j]), k.rows)]));
  k.rows.forEach((t, r) => name('r', r, t, x1 + 10, y(r, R), 'start',
    () => [[t + ' reads', ''], ...strongest([...w.slice(r * C, (r + 1) * C)], k.columns)]));
  show();
  stage.replaceChildren(s);
}

/* ---- all heads ---- */
function drawAll() {
  const k = kind(), L = layers(k), H = heads(k), box = el('all'), R = k.rows.length, C = k.columns.length;
  const wide = Math.max(34, Math.min(110, Math.floor(1000 / H.length) - 8)), tall = Math.max(20, Math.min(wide * R / C, wide * 1.6));
  box.style.gridTemplateColumns = `auto repeat(${H.length}, ${wide}px)`;
  box.replaceChildren(document.createElement('span'));
  const label = text => { const e = document.createElement('span'); e.textContent = text; box.append(e); };
  H.forEach(h => label(H.length > 1 ? 'head ' + (h + 1) : ''));
  for (const layer of L) {
    label('layer ' + (layer + 1));
    for (const head of H) {
      const w = weights(layer, head), top = most(w), c = document.createElement('canvas'), b = document.createElement('button');
      c.width = C; c.height = R; c.style.height = tall + 'px';
      const image = c.getContext('2d').createImageData(C, R);
      for (let i = 0; i < w.length; i++) { const [r, g, d] = rgb(w[i] / top); image.data.set([r, g, d, 255], 4 * i); }
      c.getContext('2d').putImageData(image, 0, 0);
      b.title = `layer ${layer + 1}, head ${head + 1}`;
      b.dataset.key = `all/${layer}/${head}`;
      b.setAttribute('aria-pressed', layer === now.layer && head === now.head);
      b.onclick = () => { now.layer = layer; now.head = head; draw(); el('stage').scrollIntoView({ block: 'nearest', behavior: 'smooth' }); };
      b.append(c); box.append(b);
    }
  }
}

/* ---- controls ---- */
function group(name, entries, field) {
  const d = document.createElement('div'), s = document.createElement('span'), g = document.createElement('div');
  s.textContent = name; g.className = 'group'; g.setAttribute('role', 'group'); g.setAttribute('aria-label', name);
  for (const [text, value] of entries) {
    const b = document.createElement('button');
    b.textContent = text; b.setAttribute('aria-pressed', now[field] === value);
    b.dataset.key = field + '/' + value;
    b.onclick = () => { now[field] = value; draw(); };
    g.append(b);
  }
  d.append(s, g); el('nav').append(d);
}
function draw() {
  const focused = document.activeElement && document.activeElement.dataset.key;
  now.room = innerWidth;
  const k = kind(), L = layers(k), H = heads(k);
  if (now.layer >= 0 && !L.includes(now.layer)) now.layer = L[L.length - 1];
  if (now.head >= 0 && !H.includes(now.head)) now.head = MEAN;
  if (L.length === 1) now.layer = L[0];
  if (H.length === 1) now.head = H[0];
  el('nav').replaceChildren();
  if (data.kinds.length > 1) group('Attention', data.kinds.map((x, i) => [x.name, i]), 'kind');
  if (L.length > 1) group('Layer', [...L.map(x => [x + 1, x]), ['mean', MEAN]], 'layer');
  if (H.length > 1) group('Head', [...H.map(x => [x + 1, x]), ['mean', MEAN], ['max', MAX]], 'head');
  group('View', [['map', 'map'], ['cords', 'cords']], 'view');
  const w = weights(now.layer, now.head), stage = el('stage');
  el('caption').textContent = `${k.name} attention, ${over('layer', now.layer, L.length)}, ${over('head', now.head, H.length)}`;
  el('most').textContent = most(w).toFixed(2);
  el('range').textContent = now.own ? 'scale: this map' : 'scale: 0 to 1';
  el('note').textContent = `${L.length} \u00d7 ${H.length} maps, ${k.rows.length} \u00d7 ${k.columns.length} tokens; click one to enlarge it`;
  const bar = el('bar').getContext('2d');
  for (let i = 0; i < 256; i++) { bar.fillStyle = css(i / 255); bar.fillRect(i, 0, 1, 1); }
  (now.view === 'map' ? drawMap : drawCords)(stage, k, w);
  drawAll();
  tip();
  refocus(focused);
}
/* Buttons are made again by each drawing: the focus returns to the one with the same key, or to the chosen map. */
function refocus(key) {
  if (!key) return;
  const chosen = key.startsWith('all/') ? `all/${now.layer}/${now.head}` : key;
  const all = [...document.querySelectorAll('[data-key]')], find = wanted => all.find(b => b.dataset.key === wanted);
  const button = find(chosen) || find(key);
  if (button) button.focus({ preventScroll: true });
}
function theme(name) { root.dataset.theme = name; makeTable(); draw(); }
function turn(field, list, by) { const i = list.indexOf(now[field]); now[field] = list[(i + by + list.length) % list.length]; draw(); }
el('title').textContent = el('title').title = data.title;
el('range').onclick = () => { now.own = !now.own; draw(); };
el('theme').onclick = () => theme(root.dataset.theme === 'dark' ? 'light' : 'dark');
addEventListener('resize', () => { if (innerWidth !== now.room) draw(); });
addEventListener('keydown', e => {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  const k = kind(), key = e.key;
  /* arrows scroll the page unless a control or a map has the focus */
  if (key.startsWith('Arrow') && !(document.activeElement && document.activeElement.dataset.key)) return;
  if (key === 'ArrowLeft' || key === 'ArrowRight') turn('head', [...heads(k), MEAN, MAX], key === 'ArrowLeft' ? -1 : 1);
  else if (key === 'ArrowUp' || key === 'ArrowDown') turn('layer', [...layers(k), MEAN], key === 'ArrowUp' ? -1 : 1);
  else if (key === 'k') turn('kind', data.kinds.map((_, i) => i), 1);
  else if (key === 'v') turn('view', ['map', 'cords'], 1);
  else if (key === 't') el('theme').click();
  else return;
  e.preventDefault();
});
if (data.kinds.length) {
  now.layer = layers(kind()).length - 1;
  theme(matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
}
