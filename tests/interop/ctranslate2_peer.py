"""What CTranslate2 computes with a folder, a line for each line of standard input.

    ctranslate2_peer.py score DIR    ln P of a text (of a target given its source) and its end
    ctranslate2_peer.py write DIR    the text or the translation that the model writes: 8 tokens, the best one each time
    ctranslate2_peer.py beam DIR     the translation by a beam of 4, and ln P of it and its end
    ctranslate2_peer.py convert DIR FROM   the folder FROM of transformers, converted
"""
import json
import os
import sys

import ctranslate2
from tokenizers import Tokenizer


class Folder:
    def __init__(self, path):
        names = os.listdir(path)
        self.translates = "vocabulary.json" not in names
        self.model = (ctranslate2.Translator if self.translates else ctranslate2.Generator)(path, inter_threads=1)
        self.tokenizer = Tokenizer.from_file(path + "/tokenizer.json")
        two = path + "/target/tokenizer.json"
        self.target = Tokenizer.from_file(two) if os.path.exists(two) else self.tokenizer
        with open(path + "/config.json") as config:
            self.end = json.load(config)["eos_token"]

    def text(self, tokens):
        return self.target.decode([self.target.token_to_id(t) for t in tokens])


def score(folder, line):
    if folder.translates:
        source, target = line.split("\t")
        tokens = folder.target.encode(target).tokens
        return folder.model.score_batch([folder.tokenizer.encode(source).tokens], [tokens[:-1]])
    return folder.model.score_batch([folder.tokenizer.encode(line).tokens + [folder.end]])


def translate(folder, line, beam):
    return folder.model.translate_batch([folder.tokenizer.encode(line).tokens], max_decoding_length=8,
                                        min_decoding_length=0, beam_size=beam, length_penalty=0, return_scores=True)[0]


def answer(folder, what, line):
    if what == "score":
        return "%.5f" % sum(score(folder, line)[0].log_probs)
    if what == "write" and not folder.translates:
        prompt = folder.tokenizer.encode(line).tokens
        made = folder.model.generate_batch([prompt], max_length=8, include_prompt_in_result=False)[0]
        return folder.text(prompt + made.sequences[0])
    made = translate(folder, line, 1 if what == "write" else 4)
    return folder.text(made.hypotheses[0]) + ("" if what == "write" else "\t%.5f" % made.scores[0])


if sys.argv[1] == "convert":
    ctranslate2.converters.TransformersConverter(sys.argv[3], copy_files=["tokenizer.json"]).convert(sys.argv[2])
else:
    opened = Folder(sys.argv[2])
    for text in sys.stdin:
        print(answer(opened, sys.argv[1], text.rstrip("\n")))
