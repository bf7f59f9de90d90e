"""sentencepiece_peer.py RULE FOLDER - open RULE.model; its ids of 20 lines of `text` are those in `ids`, and it
normalises every character as sentencepiece's own rule does."""
import sys

import sentencepiece

rule, folder = sys.argv[1:]
model = sentencepiece.SentencePieceProcessor(model_file=f"{folder}/{rule}.model")
with open(f"{folder}/text") as text, open(f"{folder}/ids") as ids:
    for line, wanted in zip(text, ids):
        assert model.encode(line.rstrip("\n")) == [int(i) for i in wanted.split()], line
plain = dict(add_dummy_prefix=False, escape_whitespaces=False, remove_extra_whitespaces=False)
own = sentencepiece.SentencePieceNormalizer(rule_name=rule, **plain)
for code in range(1, 0x110000):
    if 0xD800 <= code < 0xE000 or code == 0x2581:
        continue
    text = f"a{chr(code)}b"
    theirs, ours = own.normalize(text), model.normalize(text).replace("\u2581", " ")[1:]
    assert theirs == ours, f"U+{code:04X}: {theirs!r} {ours!r}"
