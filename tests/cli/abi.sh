# The symbols of libquipu.so are those of .debian/libquipu0.symbols: programs that were linked keep working, and nothing
# is exported by accident.
. tests/cli/support
library=$(dirname "$QUIPU")/libquipu.so
[ -e "$library" ] || { skip "exported symbols" "no $library"; exit 0; }
grep -q __asan_init "$library" && { skip "exported symbols" "the library is built with sanitizers"; exit 0; }
sed -n 's/^ \([^ ]*\) .*/\1/p' "$top/.debian/libquipu0.symbols" | LC_ALL=C sort >expected
nm -D --defined-only "$library" | awk '{ print $3 }' |
    sed 's/@@/@/; s/^QUIPU_0$/QUIPU_0@QUIPU_0/' | LC_ALL=C sort >found
diff expected found >.diff
result $? "exported symbols" "$(tr '\n' ' ' <.diff)"
sed -n 's/^QP_API .*[ *]\(quipu_[a-z_]*\)(.*/\1@QUIPU_0/p' "$top/lib/quipu.h" "$top/tokenizer/quipu_tokenizer.h" |
    LC_ALL=C sort >declared
grep -v '^QUIPU_0@' expected | diff - declared >.diff
result $? "the public headers declare them" "$(tr '\n' ' ' <.diff)"
objdump -p "$library" | grep -q 'SONAME *libquipu.so.0$'
result $? "soname"
