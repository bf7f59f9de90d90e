"""What transformers makes of rules of generation, tokens of languages, questions and pairs.

    make KIND DIR          a random model with a tokenizer: m2m100, mbart, mbart50, nllb, bert-qa, bert-next
    rules DIR JSON         writes generation_config.json with these values
    translate DIR SRC TGT  each line, by the rules of the folder
    answers DIR            of lines QUESTION TAB CONTEXT: the text, its score, first and last character
    next DIR               of lines TEXT TAB TEXT: the class and its probability
    continue DIR           each line and the text after it, by the rules of the folder
"""
import json
import os

import numpy as np
import sentencepiece
import torch
import transformers
from serve import serve

torch.set_grad_enabled(False)
torch.set_num_threads(1)
SMALL = dict(d_model=16, encoder_layers=1, decoder_layers=2, encoder_attention_heads=2, decoder_attention_heads=2,
             encoder_ffn_dim=24, decoder_ffn_dim=24, max_position_embeddings=40, decoder_start_token_id=2,
             pad_token_id=1, bos_token_id=0, eos_token_id=2)
BERT = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
            max_position_embeddings=64)
WORDS = "the a cat dog house sees runs big small red and in of who what where when how is was".split()


def pieces(folder):
    """A sentencepiece model of the words, and its pieces."""
    prefix = f"{folder}/sentencepiece.bpe"
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([" ".join(WORDS[i:] + WORDS[:i]) for i in range(len(WORDS))]), model_prefix=prefix,
        vocab_size=60, hard_vocab_limit=False, minloglevel=2)
    os.remove(prefix + ".vocab")
    model = sentencepiece.SentencePieceProcessor(model_file=prefix + ".model")
    return [model.id_to_piece(i) for i in range(3, len(model))], [model.get_score(i) for i in range(3, len(model))]


def tokenizer_of(kind, folder):
    names, scores = pieces(folder)
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    if kind == "m2m100":
        with open(f"{folder}/vocab.json", "w") as file:
            json.dump({piece: i for i, piece in enumerate(special + names)}, file)
        made = transformers.M2M100Tokenizer(f"{folder}/vocab.json", f"{folder}/sentencepiece.bpe.model")
        marks = list(made.lang_token_to_id)  # special, as the published tokenizer has them
        return transformers.M2M100Tokenizer(f"{folder}/vocab.json", f"{folder}/sentencepiece.bpe.model",
                                            additional_special_tokens=marks)
    os.remove(f"{folder}/sentencepiece.bpe.model")
    if kind == "nllb":
        letters = sorted({letter for word in WORDS for letter in word}) + ["\u2581"]
        return transformers.NllbTokenizer(vocab={piece: i for i, piece in enumerate(special + letters)}, merges=[])
    vocabulary = [(piece, 0.0) for piece in special] + list(zip(names, scores))
    return {"mbart": transformers.MBartTokenizer, "mbart50": transformers.MBart50Tokenizer}[kind](vocab=vocabulary)


def bert_tokenizer(folder):
    with open(f"{folder}/vocab.txt", "w") as file:
        file.write("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "?", "."] + WORDS +
                             ["##s", "##ing", "run", "see"] + list("bcdefgh")))
    return transformers.BertTokenizer(f"{folder}/vocab.txt")


def randomize(model):
    torch.manual_seed(1)
    for value in model.parameters():
        torch.nn.init.normal_(value, std=0.3)
    return model


def make(lines, kind, folder):
    os.makedirs(folder, exist_ok=True)
    if kind.startswith("bert"):
        tokenizer = bert_tokenizer(folder)
        config = transformers.BertConfig(vocab_size=len(tokenizer), **BERT)
        model = (transformers.BertForQuestionAnswering if kind == "bert-qa"
                 else transformers.BertForNextSentencePrediction)(config)
    else:
        tokenizer = tokenizer_of(kind, folder)
        rows = 3 + max(list(tokenizer.get_vocab().values()) + list(getattr(tokenizer, "lang_code_to_id", {}).values()))
        if kind in ("mbart", "mbart50"):
            config = transformers.MBartConfig(vocab_size=rows, **SMALL)
            model = transformers.MBartForConditionalGeneration(config)
        else:
            config = transformers.M2M100Config(vocab_size=rows, **SMALL)
            model = transformers.M2M100ForConditionalGeneration(config)
    randomize(model).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def rules(lines, folder, values):
    with open(f"{folder}/generation_config.json") as file:
        had = json.load(file)
    with open(f"{folder}/generation_config.json", "w") as file:
        json.dump({**{key: had[key] for key in had if key.endswith("_token_id")}, **json.loads(values)}, file)


def translate(lines, folder, source, target):
    model = transformers.AutoModelForSeq2SeqLM.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, src_lang=source, tgt_lang=target)
    tokenizer.src_lang = source
    token = tokenizer.convert_tokens_to_ids(target if target in tokenizer.get_vocab() else f"__{target}__")
    made = [model.generate(**tokenizer(line, return_tensors="pt"), forced_bos_token_id=token)[0] for line in lines]
    return [tokenizer.decode(ids, skip_special_tokens=True) for ids in made]


def best_answer(model, tokenizer, line, longest=15):
    """The rule of the pipeline for question answering of transformers 4."""
    question, context = line.split("\t")
    tokens = tokenizer(question, context, return_tensors="pt", return_offsets_mapping=True)
    offsets = tokens.pop("offset_mapping")[0].tolist()
    inside = np.array([part == 1 for part in tokens.sequence_ids(0)])
    read = inside.copy()
    read[0] = True  # [CLS]
    out = model(**tokens)
    start, end = (np.exp(np.where(read, x[0].numpy().astype(np.float64), -1e4)) for x in
                  (out.start_logits, out.end_logits))
    start, end = start / start.sum() * inside, end / end.sum() * inside
    both = np.tril(np.triu(np.outer(start, end)), longest - 1)
    first, last = np.unravel_index(both.argmax(), both.shape)
    words = [tokens.token_to_word(int(i)) for i in (first, last)]
    begin = tokens.word_to_chars(words[0], sequence_index=1).start
    finish = tokens.word_to_chars(words[1], sequence_index=1).end
    assert offsets[first][0] >= begin
    return "%s\t%.4f\t%d\t%d" % (context[begin:finish], both[first, last], begin, finish)


def answers(lines, folder):
    model = transformers.AutoModelForQuestionAnswering.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    return [best_answer(model, tokenizer, line) for line in lines]


def follows(lines, folder):
    model = transformers.BertForNextSentencePrediction.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    made = []
    for line in lines:
        best = model(**tokenizer(*line.split("\t"), return_tensors="pt")).logits[0].softmax(-1).max(0)
        made.append("%s\t%.4f" % (("next", "other")[best.indices.item()], best.values.item()))
    return made


def go_on(lines, folder):
    model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    made = [model.generate(**tokenizer(line, return_tensors="pt"))[0] for line in lines]
    return [tokenizer.decode(ids, skip_special_tokens=True) for ids in made]


serve({"make": make, "rules": rules, "translate": translate, "answers": answers, "next": follows, "continue": go_on})
