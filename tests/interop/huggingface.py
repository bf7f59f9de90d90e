"""What transformers computes with a folder: answers to tests/interop/support, for each line that is given.

    score DIR     ln P of a text (of a target given its source) and its end
    write DIR     the text or the translation that the model writes: 8 tokens, the best one each time
    label DIR     the best class and its probability
    tags DIR      the words of a line, each with the best class of its first token
    mask DIR      the two likeliest tokens of [MASK] and their probabilities
    make KIND DIR FROM   a model of random weights, as save_pretrained writes it, with FROM's tokenizer
"""
import shutil

import torch
import transformers
from serve import serve
from transformers import AutoConfig, AutoTokenizer

torch.set_grad_enabled(False)
torch.set_num_threads(1)
AUTO = {"CausalLM": "AutoModelForCausalLM", "ConditionalGeneration": "AutoModelForSeq2SeqLM",
        "MTModel": "AutoModelForSeq2SeqLM", "SequenceClassification": "AutoModelForSequenceClassification",
        "TokenClassification": "AutoModelForTokenClassification", "MaskedLM": "AutoModelForMaskedLM",
        "LMHeadModel": "AutoModelForCausalLM"}


def load(folder):
    name = AutoConfig.from_pretrained(folder).architectures[0]
    auto = next(AUTO[end] for end in AUTO if name.endswith(end))
    model, info = getattr(transformers, auto).from_pretrained(folder, output_loading_info=True)
    for what, names in info.items():
        assert not names, f"{folder}: {what}: {names}"
    assert type(model).__name__ == name, f"{folder}: {auto} opens {type(model).__name__}"
    return model.eval(), AutoTokenizer.from_pretrained(folder)


def of_each_line(answer):
    def answers(lines, folder):
        model, tokenizer = load(folder)
        return [answer(model, tokenizer, line) for line in lines]
    return answers


def score(model, tokenizer, line):
    end = model.config.eos_token_id
    if model.config.is_encoder_decoder:
        source, target = line.split("\t")
        labels = tokenizer(target)["input_ids"]
        first = model.generation_config.decoder_start_token_id
        logits = model(**tokenizer(source, return_tensors="pt"),
                       decoder_input_ids=torch.tensor([[first] + labels[:-1]])).logits[0]
    else:
        ids = tokenizer(line)["input_ids"]
        labels = ids[1:] + [end]
        logits = model(input_ids=torch.tensor([ids])).logits[0]
    return "%.5f" % logits.log_softmax(-1)[range(len(labels)), labels].sum().item()


def write(model, tokenizer, line):
    padding = [model.config.pad_token_id]  # which quipu never writes
    made = model.generate(**tokenizer(line, return_tensors="pt"), max_new_tokens=8, do_sample=False,
                          suppress_tokens=padding)[0]
    return tokenizer.decode(made, skip_special_tokens=True)


def label(model, tokenizer, line):
    best = model(**tokenizer(line, return_tensors="pt")).logits[0].softmax(-1).max(0)
    return "%s\t%.4f" % (model.config.id2label[best.indices.item()], best.values.item())


def tags(model, tokenizer, line):
    tokens = tokenizer(line, return_offsets_mapping=True)
    ends = [end for _, end in tokens["offset_mapping"]]
    best = model(input_ids=torch.tensor([tokens["input_ids"]])).logits[0].argmax(-1).tolist()
    tagged, start = [], 0
    for word in line.split(" "):
        first = next(i for i, end in enumerate(ends) if end > start)
        tagged.append(f"{word}/{model.config.id2label[best[first]]}")
        start += len(word) + 1
    return " ".join(tagged)


def mask(model, tokenizer, line):
    tokens = tokenizer(line.replace("[MASK]", tokenizer.mask_token), return_tensors="pt")
    place = tokens["input_ids"][0].tolist().index(tokenizer.mask_token_id)
    best = model(**tokens).logits[0, place].softmax(-1).topk(2)
    return "\t".join("%s\t%.4f" % (tokenizer.convert_ids_to_tokens(i).replace(" ", "\u2581"), p)
                     for i, p in zip(best.indices.tolist(), best.values.tolist()))


def make(lines, kind, folder, tokenizer):
    words = AutoConfig.from_pretrained(tokenizer).vocab_size
    small = {
        "gpt2": dict(n_embd=16, n_layer=2, n_head=2, n_positions=32),
        "llama": dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
                      intermediate_size=24, max_position_embeddings=32),
        "gpt_neox": dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
                         max_position_embeddings=32),
    }[kind]
    torch.manual_seed(1)
    config = AutoConfig.for_model(kind, vocab_size=words, bos_token_id=1, eos_token_id=2, pad_token_id=0, **small)
    model = transformers.AutoModelForCausalLM.from_config(config)
    for value in model.parameters():
        torch.nn.init.normal_(value, std=0.3)
    model.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(f"{tokenizer}/{name}", folder)


serve({"score": of_each_line(score), "write": of_each_line(write), "label": of_each_line(label),
       "tags": of_each_line(tags), "mask": of_each_line(mask), "make": make})
