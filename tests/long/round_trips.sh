# decode(encode(x)) = x for 10 million random strings, for every kind of tokenizer with byte pieces. About a minute.
. tests/cli/support
program=$(dirname "$QUIPU")/tests/tokenizer
[ -x "$program" ] || { skip "10 million round trips" "no $program; make it first"; exit 0; }
QUIPU_ROUND_TRIPS=10000000 "$program" --filter 'round_trip/*' >out 2>err
result $? "10 million random strings come back" "$(tail -n 3 err)"
