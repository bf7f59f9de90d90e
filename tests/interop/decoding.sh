# Imported models used by the rules of their folders, in the languages that they know, and with two texts: the same text
# as in transformers.
. tests/cli/support
"$PYTHON" -c "import torch, transformers, sentencepiece" 2>/dev/null ||
    { skip "decoding" "transformers is not in this environment"; exit 0; }
. "$top/tests/interop/support"
peer decoding.py

cat >lines <<'END'
the cat sees a dog
a small house
who runs in the red house
END

import() { holds "$1: imported" "$QUIPU" import "$1" -o m.safetensors; }

translations() { # DIR SOURCE TARGET WHAT
    "$QUIPU" translate -m m.safetensors --src-lang "$2" --tgt-lang "$3" lines >ours 2>.err &&
        theirs translate "$1" "$2" "$3" <lines >other && cmp -s ours other
    result $? "$1: $2 to $3, $4: the same translations" "$(paste ours other | head -n 2) $(tail -n 1 .err)"
}

again() { # DIR - the rules come back from the folder that is written
    "$QUIPU" export --format huggingface -m m.safetensors -o back 2>.err &&
        "$QUIPU" import back -o n.safetensors 2>>.err && cmp m.safetensors n.safetensors >>.err 2>&1
    result $? "$1: exported and imported, the same file" "$(tail -n 2 .err)"
    rm -rf back
}

never='"suppress_tokens":[0,1,3]' # which quipu never writes, or writes as <unk>
for kind in m2m100 mbart mbart50 nllb; do
    case $kind in
    m2m100) languages="de fr" ;;
    nllb) languages="deu_Latn kor_Hang" ;;
    *) languages="de_DE ko_KR" ;;
    esac
    theirs make $kind $kind </dev/null || { result 1 "$kind: made" "$(cat .err)"; continue; }
    for rules in '"num_beams":1,"max_length":12' '"num_beams":4,"max_length":14' \
        '"num_beams":3,"max_length":12,"early_stopping":true,"length_penalty":0.6,"no_repeat_ngram_size":2' \
        '"num_beams":3,"max_length":12,"early_stopping":"never","length_penalty":2.0,"repetition_penalty":1.3' \
        '"num_beams":1,"max_length":12,"repetition_penalty":1.7,"min_length":5,"forced_eos_token_id":2' \
        '"num_beams":4,"max_new_tokens":9,"min_new_tokens":6,"bad_words_ids":[[7],[8,9]],"forced_eos_token_id":2'; do
        theirs rules $kind "{$rules,$never}" </dev/null
        import $kind
        # shellcheck disable=SC2086
        translations $kind $languages "$rules"
        [ $kind = m2m100 ] && again $kind
    done
done
fails 2 "not a language of this model; it has" "$QUIPU" translate -m m.safetensors --src-lang xx lines

gpt2=$top/../shared/oracles2/hf_models/gpt2
if [ -d "$gpt2" ]; then
    cp -r "$gpt2" gpt2 && chmod -R u+w gpt2
    for rules in '"max_new_tokens":9,"do_sample":false' \
        '"max_length":26,"do_sample":false,"no_repeat_ngram_size":2' \
        '"max_new_tokens":12,"do_sample":false,"repetition_penalty":1.4,"min_new_tokens":6,"bad_words_ids":[[86]]'; do
        theirs rules gpt2 "{$rules,$never}" </dev/null
        import gpt2
        while read -r prompt; do "$QUIPU" generate -m m.safetensors -p "$prompt"; done <lines >ours 2>.err
        theirs continue gpt2 <lines >other && cmp -s ours other
        result $? "gpt2, $rules: the same text" "$(paste ours other | head -n 2) $(tail -n 1 .err)"
        again gpt2
    done
fi

printf '%s\t%s\n' "who sees the dog ?" "the cat sees a dog in the house . the big dog runs ." \
    "what is red ?" "a small house is red . running in a house" "where ?" "in a big house" >questions
theirs make bert-qa bert-qa </dev/null
import bert-qa
"$QUIPU" predict -m m.safetensors questions >ours 2>.err && theirs answers bert-qa <questions >other && near ours other
result $? "bert-qa: the same answers" "$(paste ours other | head -n 2) $(tail -n 1 .err)"
theirs make bert-next bert-next </dev/null
import bert-next
"$QUIPU" predict -m m.safetensors questions >ours 2>.err && theirs next bert-next <questions >other && near ours other
result $? "bert-next: the same classes of pairs" "$(paste ours other | head -n 2) $(tail -n 1 .err)"
