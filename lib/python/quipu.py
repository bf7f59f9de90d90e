"""quipu - train and use sequence models: libquipu from Python, with ctypes and numpy.

    import quipu
    model = quipu.open("ko-en.safetensors")
    model.translate(["저는 학교에 갑니다."])              # ["I go to school."]
    for text in quipu.open("lm.safetensors").generate("The ", tokens=50, temp=0.8): print(text, end="")
    quipu.train(task="lm", train="text.txt", model="lm.safetensors", steps=500)

Keyword arguments are the options of the commands, with _ for -: beam_size=4, n_best=3, lr_schedule="cosine". Failures
raise quipu.Error, whose text is the library's one line. A model may be used by several threads at once. The library is
$QUIPU_LIBRARY, or libquipu.so.0 under the prefix of this file, or the system's.
"""
import collections
import ctypes
import os
import queue
import threading
from ctypes import CFUNCTYPE, POINTER, Structure, byref, c_char_p, c_double, c_float, c_int, c_int32, c_int64, c_size_t
from ctypes import c_uint32, c_void_p

import numpy

__all__ = ["Attention", "Error", "Model", "Tokenizer", "open", "train", "version"]


class Error(Exception):
    """A failure of the library. `status` is the number of quipu_status in quipu/tokenizer.h."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class _Options(Structure):
    _fields_ = [("size", c_size_t), ("option", POINTER(c_char_p)), ("threads", c_int), ("batch_size", c_int)]


class _MapSize(Structure):
    _fields_ = [("layers", c_int), ("heads", c_int), ("rows", c_int), ("columns", c_int)]


class _Encoding(Structure):
    _fields_ = [("size", c_size_t), ("count", c_int), ("id", POINTER(c_int32)), ("begin", POINTER(c_uint32)),
                ("end", POINTER(c_uint32))]


class _Progress(Structure):
    _fields_ = [("update", c_int64), ("epoch", c_int64), ("target_tokens", c_int64), ("loss", c_double),
                ("gradient_norm", c_double), ("rate", c_double), ("tokens_per_second", c_double),
                ("elapsed_seconds", c_double), ("left_seconds", c_double), ("reported", c_int)]


_ON_TEXT = CFUNCTYPE(c_int, c_void_p, c_void_p, c_size_t)
_ON_PROGRESS = CFUNCTYPE(c_int, c_void_p, POINTER(_Progress))
_ON_NOTE = CFUNCTYPE(None, c_void_p, c_char_p)
_NEXT_LINE = CFUNCTYPE(c_int, c_void_p, POINTER(c_char_p), POINTER(c_size_t))


class _Training(Structure):
    _fields_ = [("size", c_size_t), ("option", POINTER(c_char_p)), ("train_text", c_char_p), ("valid_text", c_char_p),
                ("progress", _ON_PROGRESS), ("note", _ON_NOTE), ("self", c_void_p)]


class _Result(Structure):
    _fields_ = [("size", c_size_t), ("updates", c_int64), ("epochs", c_int64), ("target_tokens", c_int64),
                ("seconds", c_double), ("loss", c_double), ("best_metric", c_double), ("best_update", c_int64)]


class _TokenizerTraining(Structure):
    _fields_ = [("size", c_size_t), ("option", POINTER(c_char_p)), ("file", POINTER(c_char_p)), ("files", c_int),
                ("next", _NEXT_LINE), ("self", c_void_p)]


_TEXTS, _HANDLE = POINTER(c_char_p), POINTER(c_void_p)
_SIGNATURES = {  # name: (result, arguments); "s" is a status, which is checked
    "quipu_version": (c_char_p, []),
    "quipu_error_message": (c_char_p, []),
    "quipu_free": (None, [c_void_p]),
    "quipu_open": ("s", [c_char_p, _HANDLE]),
    "quipu_save": ("s", [c_void_p, c_char_p]),
    "quipu_close": (None, [c_void_p]),
    "quipu_task": (c_char_p, [c_void_p]),
    "quipu_parameters": (c_size_t, [c_void_p]),
    "quipu_setting": ("s", [c_void_p, c_char_p, _HANDLE]),
    "quipu_source_tokenizer": (c_void_p, [c_void_p]),
    "quipu_target_tokenizer": (c_void_p, [c_void_p]),
    "quipu_labels": (c_int, [c_void_p]),
    "quipu_label": (c_char_p, [c_void_p, c_int]),
    "quipu_translate": ("s", [c_void_p, _TEXTS, c_int, POINTER(_Options), _HANDLE]),
    "quipu_translations_count": (c_int, [c_void_p, c_int]),
    "quipu_translations_text": (c_char_p, [c_void_p, c_int, c_int]),
    "quipu_translations_log_probability": (c_double, [c_void_p, c_int, c_int]),
    "quipu_translations_free": (None, [c_void_p]),
    "quipu_generate": ("s", [c_void_p, c_char_p, POINTER(_Options), _ON_TEXT, c_void_p, _HANDLE]),
    "quipu_score": ("s", [c_void_p, _TEXTS, _TEXTS, c_int, POINTER(_Options), POINTER(c_double), POINTER(c_int)]),
    "quipu_classify": ("s", [c_void_p, _TEXTS, c_int, POINTER(_Options), POINTER(c_float)]),
    "quipu_tag": ("s", [c_void_p, _TEXTS, c_int, POINTER(_Options), POINTER(c_int), POINTER(c_float)]),
    "quipu_forecast_sizes": ("s", [c_void_p, POINTER(c_int), POINTER(c_int), POINTER(c_int)]),
    "quipu_forecast": ("s", [c_void_p, POINTER(c_double), c_int, POINTER(c_double)]),
    "quipu_embed": ("s", [c_void_p, _TEXTS, c_int, POINTER(_Options), _HANDLE, POINTER(c_int)]),
    "quipu_attend": ("s", [c_void_p, c_char_p, c_char_p, POINTER(_Options), _HANDLE]),
    "quipu_maps_size": (_MapSize, [c_void_p, c_int]),
    "quipu_maps_weights": (POINTER(c_float), [c_void_p, c_int, c_int, c_int]),
    "quipu_maps_row": (c_char_p, [c_void_p, c_int, c_int]),
    "quipu_maps_column": (c_char_p, [c_void_p, c_int, c_int]),
    "quipu_maps_text": (c_char_p, [c_void_p]),
    "quipu_maps_save": ("s", [c_void_p, c_char_p]),
    "quipu_maps_free": (None, [c_void_p]),
    "quipu_train": ("s", [POINTER(_Training), _HANDLE, POINTER(_Result)]),
    "quipu_tokenizer_open": ("s", [c_char_p, _HANDLE]),
    "quipu_tokenizer_save": ("s", [c_void_p, c_char_p]),
    "quipu_tokenizer_close": (None, [c_void_p]),
    "quipu_tokenizer_train": ("s", [POINTER(_TokenizerTraining), _HANDLE]),
    "quipu_tokenizer_encode": ("s", [c_void_p, c_char_p, c_size_t, POINTER(_Encoding)]),
    "quipu_encoding_free": (None, [POINTER(_Encoding)]),
    "quipu_tokenizer_decode": ("s", [c_void_p, POINTER(c_int32), c_int, _HANDLE, POINTER(c_size_t)]),
    "quipu_tokenizer_size": (c_int, [c_void_p]),
    "quipu_tokenizer_piece": (c_char_p, [c_void_p, c_int32]),
    "quipu_tokenizer_id": (c_int32, [c_void_p, c_char_p]),
}


def _load():
    here = os.path.dirname(os.path.abspath(__file__))
    installed = os.path.join(here, "..", "..", "libquipu.so.0")
    path = os.environ.get("QUIPU_LIBRARY") or (installed if os.path.exists(installed) else "libquipu.so.0")
    library = ctypes.CDLL(path)
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(library, name)
        function.argtypes = arguments
        function.restype = c_int if result == "s" else result
        if result == "s":
            function.errcheck = _check
    return library


def _check(status, function, arguments):
    if status != 0:
        raise Error(status, _library.quipu_error_message().decode("utf-8", "replace"))
    return status


_library = _load()


# ---- from Python to C ----

def _bytes(text):
    """A text as C has it."""
    data = os.fspath(text) if isinstance(text, os.PathLike) else text
    data = data if isinstance(data, bytes) else str(data).encode("utf-8")
    if b"\0" in data:
        raise ValueError("a text that holds NUL")
    return data


def _texts(texts):
    if isinstance(texts, (str, bytes)):
        raise TypeError("a list of texts, not one text")
    encoded = [_bytes(text) for text in texts]
    return (c_char_p * (len(encoded) + 1))(*encoded, None), len(encoded)


def _value(value):
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, (list, tuple)):
        return b",".join(_value(one) for one in value)
    return _bytes(value)


def _names(options):
    """name, value, ..., NULL; None leaves an option out."""
    flat = []
    for name, value in options.items():
        if value is not None:
            flat += [name.replace("_", "-").encode(), _value(value)]
    return (c_char_p * (len(flat) + 1))(*flat, None)


def _options(options):
    threads, batch_size = options.pop("threads", 0), options.pop("batch_size", 0)
    return _Options(ctypes.sizeof(_Options), _names(options), threads, batch_size)


def _take(pointer):
    """The text of a malloc'ed C string, which is freed."""
    try:
        return ctypes.string_at(pointer.value).decode("utf-8", "replace")
    finally:
        _library.quipu_free(pointer)


def _pointer(array, kind):
    return array.ctypes.data_as(POINTER(kind))


def version():
    """The version of the library."""
    return _library.quipu_version().decode()


# ---- tokenizers ----

class Tokenizer:
    """Text to ids and back. Tokenizer(path) opens any format that `quipu tokenizer info` reads."""

    def __init__(self, path):
        self._handle, self._owner = c_void_p(), None
        _library.quipu_tokenizer_open(_bytes(path), byref(self._handle))

    @classmethod
    def _of(cls, handle, owner=None):
        made = cls.__new__(cls)
        made._handle, made._owner = c_void_p(handle) if isinstance(handle, int) else handle, owner
        return made

    @classmethod
    def train(cls, lines=None, files=None, **options):
        """Learn one from lines of text, or from files: Tokenizer.train(lines, type="bpe", vocab_size=8000)."""
        if (lines is None) == (files is None):
            raise TypeError("either lines or files")
        handle, failure = c_void_p(), []
        iterator = iter(lines or [])
        held = []

        def following(_, line, size):
            try:
                held[:] = [_bytes(next(iterator))]
                line[0], size[0] = held[0], len(held[0])
            except StopIteration:
                line[0] = None
            except BaseException as error:  # goes through C and is raised again below
                failure.append(error)
                return 1
            return 0
        paths, count = _texts(files or [])
        training = _TokenizerTraining(ctypes.sizeof(_TokenizerTraining), _names(options), paths, count,
                                      _NEXT_LINE(following) if files is None else _NEXT_LINE(), None)
        try:
            _library.quipu_tokenizer_train(byref(training), byref(handle))
        except Error:
            if failure:
                raise failure[0]
            raise
        return cls._of(handle)

    def __del__(self):
        if getattr(self, "_handle", None) and self._owner is None:
            _library.quipu_tokenizer_close(self._handle)

    def __len__(self):
        return _library.quipu_tokenizer_size(self._handle)

    def encode(self, text):
        """The ids of a text, an array of int32."""
        return self.encode_spans(text)[0]

    def encode_spans(self, text):
        """The ids, and for each the bytes of the text's UTF-8 that it came from: (ids [n], spans [n, 2])."""
        data = text if isinstance(text, bytes) else text.encode("utf-8")
        encoding = _Encoding(size=ctypes.sizeof(_Encoding))
        _library.quipu_tokenizer_encode(self._handle, data, len(data), byref(encoding))
        try:
            n = encoding.count
            if n == 0:
                return numpy.zeros(0, numpy.int32), numpy.zeros((0, 2), numpy.uint32)
            ids = numpy.ctypeslib.as_array(encoding.id, (n,)).copy()
            begin, end = (numpy.ctypeslib.as_array(side, (n,)) for side in (encoding.begin, encoding.end))
            return ids, numpy.stack([begin, end], axis=1)
        finally:
            _library.quipu_encoding_free(byref(encoding))

    def decode(self, ids):
        """The text of ids."""
        ids = numpy.ascontiguousarray(ids, numpy.int32).reshape(-1)
        text, size = c_void_p(), c_size_t()
        _library.quipu_tokenizer_decode(self._handle, _pointer(ids, c_int32), len(ids), byref(text), byref(size))
        try:
            return ctypes.string_at(text.value, size.value).decode("utf-8", "replace")
        finally:
            _library.quipu_free(text)

    def piece(self, number):
        """The printable form of an id; "" outside the vocabulary."""
        return _library.quipu_tokenizer_piece(self._handle, number).decode("utf-8", "replace")

    def id(self, piece):
        """The id with this printable form, or -1."""
        return _library.quipu_tokenizer_id(self._handle, _bytes(piece))

    def save(self, path):
        _library.quipu_tokenizer_save(self._handle, _bytes(path))


# ---- attention ----

class Attention:
    """The attention maps of one pair of texts.

    encoder, decoder, cross  arrays [layers, heads, rows, columns], or None: the model has no such maps
    encoder_tokens, decoder_tokens, cross_tokens  (tokens of the rows, tokens of the columns)
    text  the target text

    bertviz: model_view(encoder_attention=[torch.tensor(l)[None] for l in a.encoder], ..., encoder_tokens=...)
    """

    def __init__(self, handle):
        self._handle = handle
        self.text = (_library.quipu_maps_text(handle) or b"").decode("utf-8", "replace")
        for kind, name in enumerate(("encoder", "decoder", "cross")):
            maps, tokens = self._read(kind)
            setattr(self, name, maps)
            setattr(self, name + "_tokens", tokens)

    def _read(self, kind):
        size = _library.quipu_maps_size(self._handle, kind)
        if size.layers == 0:
            return None, None
        shape = (size.rows, size.columns)
        maps = numpy.empty((size.layers, size.heads) + shape, numpy.float32)
        for layer in range(size.layers):
            for head in range(size.heads):
                weight = _library.quipu_maps_weights(self._handle, kind, layer, head)
                maps[layer, head] = numpy.ctypeslib.as_array(weight, shape) if weight else numpy.nan
        rows = [_library.quipu_maps_row(self._handle, kind, i).decode("utf-8", "replace") for i in range(size.rows)]
        columns = [_library.quipu_maps_column(self._handle, kind, i).decode("utf-8", "replace")
                   for i in range(size.columns)]
        return maps, (rows, columns)

    def save(self, path):
        """Write a picture: .html .json .npz .svg .txt"""
        _library.quipu_maps_save(self._handle, _bytes(path))

    def __del__(self):
        _library.quipu_maps_free(self._handle)


# ---- models ----

Hypothesis = collections.namedtuple("Hypothesis", "text log_probability")


class Model:
    """A model with its tokenizers; open() and train() make them."""

    def __init__(self, handle):
        self._handle = handle
        self.result = None  # of train()

    def __del__(self):
        if self._handle:
            _library.quipu_close(self._handle)

    @property
    def task(self):
        return _library.quipu_task(self._handle).decode()

    @property
    def parameters(self):
        return _library.quipu_parameters(self._handle)

    @property
    def labels(self):
        """The labels of a classifier or tagger."""
        count = _library.quipu_labels(self._handle)
        return [_library.quipu_label(self._handle, i).decode("utf-8", "replace") for i in range(count)]

    @property
    def source_tokenizer(self):
        handle = _library.quipu_source_tokenizer(self._handle)
        return Tokenizer._of(handle, self) if handle else None

    @property
    def target_tokenizer(self):
        handle = _library.quipu_target_tokenizer(self._handle)
        return Tokenizer._of(handle, self) if handle else None

    def setting(self, name):
        """A setting by its option's name, as text: setting("emb_size")."""
        value = c_void_p()
        _library.quipu_setting(self._handle, name.replace("_", "-").encode(), byref(value))
        return _take(value)

    def save(self, path):
        _library.quipu_save(self._handle, _bytes(path))

    def hypotheses(self, texts, **options):
        """For each text the hypotheses, best first: lists of (text, log_probability)."""
        found, (array, count) = c_void_p(), _texts(texts)
        _library.quipu_translate(self._handle, array, count, byref(_options(options)), byref(found))
        try:
            return [[Hypothesis(_library.quipu_translations_text(found, i, k).decode("utf-8", "replace"),
                                _library.quipu_translations_log_probability(found, i, k))
                     for k in range(_library.quipu_translations_count(found, i))] for i in range(count)]
        finally:
            _library.quipu_translations_free(found)

    def translate(self, texts, **options):
        """The best translation of each text; "" for a blank one."""
        return [found[0].text if found else "" for found in self.hypotheses(texts, **options)]

    def generate(self, prompt="", **options):
        """An iterator over the continuation of a prompt, as it is made. Closing it ends the text."""
        pieces, end, stopped = queue.Queue(), object(), threading.Event()

        def on_text(_, text, size):
            if not stopped.is_set():
                pieces.put(ctypes.string_at(text, size).decode("utf-8", "replace"))
            return int(stopped.is_set())

        def run():
            try:
                _library.quipu_generate(self._handle, data, byref(settings), callback, None, None)
                pieces.put(end)
            except BaseException as error:
                pieces.put(error)
        data, settings, callback = _bytes(prompt), _options(options), _ON_TEXT(on_text)
        thread = threading.Thread(target=run, daemon=True)

        def follow():
            thread.start()
            try:
                while True:
                    piece = pieces.get()
                    if piece is end:
                        return
                    if isinstance(piece, BaseException):
                        raise piece
                    yield piece
            finally:
                stopped.set()
                thread.join()
        return follow()

    def score(self, targets, sources=None, **options):
        """ln P of each target, of a translator given its source: (sums [n], tokens [n])."""
        array, count = _texts(targets)
        given, given_count = _texts(sources) if sources is not None else (None, count)
        if given_count != count:
            raise ValueError("%d sources for %d targets" % (given_count, count))
        sums, tokens = numpy.zeros(count), numpy.zeros(count, numpy.intc)
        _library.quipu_score(self._handle, given, array, count, byref(_options(options)), _pointer(sums, c_double),
                             _pointer(tokens, c_int))
        return sums, tokens

    def classify(self, texts, **options):
        """The probabilities of the labels, [texts, labels]."""
        array, count = _texts(texts)
        probability = numpy.zeros((count, _library.quipu_labels(self._handle)), numpy.float32)
        _library.quipu_classify(self._handle, array, count, byref(_options(options)), _pointer(probability, c_float))
        return probability

    def tag(self, words, **options):
        """The labels of the words of one sentence, and their probabilities [words]."""
        array, count = _texts(words)
        label, probability = numpy.zeros(count, numpy.intc), numpy.zeros(count, numpy.float32)
        _library.quipu_tag(self._handle, array, count, byref(_options(options)), _pointer(label, c_int),
                           _pointer(probability, c_float))
        names = self.labels
        return [names[i] for i in label], probability

    def forecast(self, values):
        """The next values of the first column of a series [rows, columns], or [rows]."""
        columns, window, horizon = c_int(), c_int(), c_int()
        _library.quipu_forecast_sizes(self._handle, byref(columns), byref(window), byref(horizon))
        values = numpy.ascontiguousarray(values, numpy.float64)
        if values.ndim == 1:
            values = values.reshape(-1, 1)
        if values.ndim != 2 or values.shape[1] != columns.value:
            raise ValueError("the model reads %d columns" % columns.value)
        forecast = numpy.zeros(horizon.value)
        _library.quipu_forecast(self._handle, _pointer(values, c_double), len(values), _pointer(forecast, c_double))
        return forecast

    def embed(self, texts, **options):
        """One vector per text, [texts, width]."""
        vector, width, (array, count) = c_void_p(), c_int(), _texts(texts)
        _library.quipu_embed(self._handle, array, count, byref(_options(options)), byref(vector), byref(width))
        try:
            shape = (count, width.value)
            return numpy.ctypeslib.as_array(ctypes.cast(vector, POINTER(c_float)), shape).copy()
        finally:
            _library.quipu_free(vector)

    def attention(self, source=None, target=None, **options):
        """The attention between two texts; target None: the model's own translation. Language models take target alone."""
        maps = c_void_p()
        _library.quipu_attend(self._handle, None if source is None else _bytes(source),
                              None if target is None else _bytes(target), byref(_options(options)), byref(maps))
        return Attention(maps)


def open(path):
    """Open a model file."""
    handle = c_void_p()
    _library.quipu_open(_bytes(path), byref(handle))
    return Model(handle)


def train(train_text=None, valid_text=None, progress=None, note=None, **options):
    """Train a model, or resume the run of an equal call: train(task="lm", train="text.txt", model="lm.safetensors").

    train_text, valid_text  the data itself instead of the options train and valid
    progress  called after every update with update, epoch, loss, rate, ...; True stops the training
    note      called with each line worth reporting
    The model's `result` has updates, epochs, target_tokens, seconds, loss, best_metric, best_update.
    """
    failure = []

    def guarded(function, *arguments):
        try:
            return int(bool(function(*arguments)))
        except BaseException as error:  # goes through C and is raised again below
            failure.append(error)
            return 1

    def on_progress(_, now):
        return guarded(progress, now.contents) if progress else int(bool(failure))

    def on_note(_, line):
        guarded(note, line.decode("utf-8", "replace"))
    training = _Training(ctypes.sizeof(_Training), _names(options),
                         None if train_text is None else _bytes(train_text),
                         None if valid_text is None else _bytes(valid_text), _ON_PROGRESS(on_progress),
                         _ON_NOTE(on_note) if note else _ON_NOTE(), None)
    handle, result = c_void_p(), _Result(size=ctypes.sizeof(_Result))
    try:
        _library.quipu_train(byref(training), byref(handle), byref(result))
    except Error:
        if failure:
            raise failure[0]
        raise
    model = Model(handle)
    if failure:
        raise failure[0]
    model.result = {name: getattr(result, name) for name, _ in _Result._fields_[1:]}
    return model
