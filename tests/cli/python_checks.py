"""Run by python.sh in a folder with models and what the command printed of them. Prints one TAP line for each check."""
import json
import threading

import numpy

import quipu

number = 0


def check(name, holds, why=""):
    global number
    number += 1
    print("%s %d - python: %s%s" % ("ok" if holds else "not ok", number, name, "" if holds else ": %s" % (why,)))


def raises(kind, function, *arguments, **options):
    try:
        function(*arguments, **options)
    except kind as error:
        return str(error)
    return None


def lines(path):
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


translator, source, target = quipu.open("translator.safetensors"), lines("source"), lines("target")
check("version", quipu.version().count(".") == 2)
check("task, parameters, setting", translator.task == "translate" and translator.parameters > 1000 and
      translator.setting("emb_size") == "32")
made = translator.translate(source, beam_size=3)
check("translate", made == lines("translated"), made)
check("translate with other threads and batches",
      translator.translate(source, beam_size=3, threads=1, batch_size=1) == made)
best = translator.hypotheses(source, beam_size=3, n_best=3)
check("hypotheses", [len(h) for h in best] == [3] * len(source) and [h[0].text for h in best] == made and
      all(h[0].log_probability < 0 for h in best))
sums, tokens = translator.score(target, source)
printed = numpy.array([float(line.split()[0]) for line in lines("scored")])
check("score", numpy.allclose(sums, printed, atol=2e-4) and tokens.min() > 1, (sums, printed))

lm = quipu.open("lm.safetensors")
pieces = list(lm.generate("v1", tokens=20, temp=0.7, seed=5))
with open("generated", "rb") as file:
    printed = file.read().decode("utf-8", "replace")
check("generate", "v1" + "".join(pieces) in (printed, printed[:-1]), (pieces, printed))
check("generate streams", len(pieces) > 1)
endless = lm.generate("v1", tokens=1000000)
next(endless)
endless.close()
check("closing ends the text", threading.active_count() == 1)
check("a failure reaches the caller", "temp" in str(raises(quipu.Error, list, lm.generate("v", temp=-1))))

maps = translator.attention(source[0], target[0])
with open("maps.json", encoding="utf-8") as file:
    text = file.read()
check("attention: shapes", maps.cross.ndim == 4 and maps.cross.shape[2:] == (len(maps.cross_tokens[0]),
                                                                             len(maps.cross_tokens[1])))
check("attention: rows sum to 1", numpy.allclose(maps.cross.sum(axis=3), 1, atol=1e-4))


def arrays(node):
    """Every list of lists of numbers in a JSON value."""
    if isinstance(node, dict):
        for value in node.values():
            yield from arrays(value)
    elif isinstance(node, list):
        if node and isinstance(node[0], list) and node[0] and isinstance(node[0][0], (int, float)):
            yield numpy.array(node)
        else:
            for value in node:
                yield from arrays(value)


written = [a for a in arrays(json.loads(text)) if a.shape == maps.cross.shape[2:]]
found = all(any(numpy.allclose(one, a, atol=2e-3) for a in written) for one in maps.cross[0])
check("attention: the maps that the command writes", written and found, [a.shape for a in written])
check("attention: of its own translation", translator.attention(source[0]).text == translator.translate(source[:1])[0])
check("attention: what a model has not", maps.encoder is not None and lm.task == "lm")

classifier = quipu.open("class.safetensors")
probability = classifier.classify(source)
names = [classifier.labels[i] for i in probability.argmax(axis=1)]
check("classify", names == [json.loads(line)["label"] for line in lines("predicted")], names)
check("probabilities sum to 1", numpy.allclose(probability.sum(axis=1), 1, atol=1e-5))
vectors = classifier.embed(source)
check("embed", vectors.shape[0] == len(source) and numpy.isfinite(vectors).all() and
      numpy.array_equal(vectors[:2], classifier.embed(source[:2], batch_size=1)))

tokenizer = quipu.Tokenizer("tok.json")
expected = [[int(one) for one in line.split()] for line in lines("ids")]
check("encode", [tokenizer.encode(line).tolist() for line in target] == expected)
check("decode", [tokenizer.decode(ids) for ids in expected] == target)
ids, spans = tokenizer.encode_spans(target[0])
check("spans", spans[0][0] == 0 and spans[-1][1] == len(target[0]) and len(spans) == len(ids))
check("pieces", tokenizer.id(tokenizer.piece(int(ids[0]))) == ids[0] and tokenizer.id("nothing") == -1)
check("no ids", tokenizer.encode("").tolist() == [] and tokenizer.decode([]) == "")
learned = quipu.Tokenizer.train(target, type="bpe", vocab_size=300)
check("a tokenizer learned from lines", [learned.encode(line).tolist() for line in target] == expected)
check("a failure in the lines", raises(KeyError, quipu.Tokenizer.train, (1 // 0 if False else {}[i] for i in "ab")) is
      not None)
check("tokenizers of a model", len(translator.source_tokenizer) > 4 and lm.source_tokenizer is None)

notes, updates = [], []
model = quipu.train(train_text="\n".join(target), task="lm", tokenizer="char", decoder="lstm", dec_layers=1,
                    hidden_size=8, emb_size=8, steps=3, valid="none", threads=1, note=notes.append,
                    progress=lambda now: updates.append(now.update))
check("train", model.task == "lm" and model.result["updates"] == 3 and updates == [1, 2, 3] and notes, updates)
check("a callback stops the training",
      raises(quipu.Error, quipu.train, train_text="\n".join(target), task="lm", tokenizer="char", decoder="lstm",
             dec_layers=1, hidden_size=8, emb_size=8, steps=9, valid="none", progress=lambda now: True) is not None)
check("a failure in a callback",
      raises(ZeroDivisionError, quipu.train, train_text="\n".join(target), task="lm", tokenizer="char", decoder="lstm",
             dec_layers=1, hidden_size=8, emb_size=8, steps=9, valid="none", progress=lambda now: 1 // 0) is not None)
model.save("saved.safetensors")
check("save and open", numpy.array_equal(quipu.open("saved.safetensors").score(target)[0], model.score(target)[0]))

check("a missing file", "absent" in str(raises(quipu.Error, quipu.open, "absent.safetensors")))
check("an unknown option", "beem" in str(raises(quipu.Error, translator.translate, source, beem_size=3)))
check("another task", raises(quipu.Error, lm.translate, source) is not None)
check("one text for a list", raises(TypeError, translator.translate, "w1 w2") is not None)
check("a text with NUL", raises(ValueError, translator.translate, ["a\0b"]) is not None)

results = [None] * 4


def work(i):
    results[i] = translator.translate(source, beam_size=3, threads=1)


threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
check("several threads", all(one == made for one in results))
