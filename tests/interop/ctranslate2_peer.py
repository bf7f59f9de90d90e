"""What CTranslate2 computes with a folder: answers to tests/interop/support, for each line that is given.

    score DIR    ln P of a text (of a target given its source) and its end
    write DIR    the text or the translation that the model writes: 8 tokens, the best one each time
    beam DIR     the translation by a beam of 4, and ln P of it and its end
    convert DIR FROM   the folder FROM of transformers, converted
"""
import json
import os

import ctranslate2
from serve import serve
from tokenizers import Tokenizer


class Folder:
    def __init__(self, path):
        names = os.listdir(path)
        self.translates = "vocabulary.json" not in names
        self.model = (ctranslate2.Translator if self.translates else ctranslate2.Generator)(path, intra_threads=1)
        self.tokenizer = Tokenizer.from_file(path + "/tokenizer.json")
        two = path + "/target/tokenizer.json"
        self.target = Tokenizer.from_file(two) if os.path.exists(two) else self.tokenizer
        with open(path + "/config.json") as config:
            self.end = json.load(config)["eos_token"]

    def text(self, tokens):
        return self.target.decode([self.target.token_to_id(token) for token in tokens])

    def score(self, line):
        if self.translates:
            source, target = line.split("\t")
            tokens = self.target.encode(target).tokens[:-1]
            return "%.5f" % sum(self.model.score_batch([self.tokenizer.encode(source).tokens], [tokens])[0].log_probs)
        return "%.5f" % sum(self.model.score_batch([self.tokenizer.encode(line).tokens + [self.end]])[0].log_probs)

    def translate(self, line, beam):
        return self.model.translate_batch([self.tokenizer.encode(line).tokens], beam_size=beam, length_penalty=0,
                                          max_decoding_length=8, min_decoding_length=0, return_scores=True)[0]

    def write(self, line):
        if self.translates:
            return self.text(self.translate(line, 1).hypotheses[0])
        prompt = self.tokenizer.encode(line).tokens
        made = self.model.generate_batch([prompt], max_length=8, include_prompt_in_result=False)[0]
        return self.text(prompt + made.sequences[0])

    def beam(self, line):
        made = self.translate(line, 4)
        return "%s\t%.5f" % (self.text(made.hypotheses[0]), made.scores[0])


def of_each_line(answer):
    def answers(lines, path):
        folder = Folder(path)
        return [answer(folder, line) for line in lines]
    return answers


def convert(lines, path, source):
    ctranslate2.converters.TransformersConverter(source, copy_files=["tokenizer.json"]).convert(path)


serve({"score": of_each_line(Folder.score), "write": of_each_line(Folder.write), "beam": of_each_line(Folder.beam),
       "convert": convert})
