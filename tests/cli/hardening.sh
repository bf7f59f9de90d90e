# The default build is hardened: position-independent, relocations read-only before main, no executable stack, checked
# calls of the C library, guarded stacks, and on x86-64 every object marked for control-flow enforcement (a program is
# only where the C library's own start files are too).
. tests/cli/support
library=$(dirname "$QUIPU")/libquipu
[ -e "$library.a" ] && command -v readelf >/dev/null || { skip "hardening" "no $library.a, or no readelf"; exit 0; }
grep -qE '__(asan|tsan|msan)_init' "$QUIPU" && { skip "hardening" "built with sanitizers"; exit 0; }
for file in "$QUIPU" "$library.so"; do
    name=$(basename "$file")
    readelf -lWd "$file" >.elf && grep -q GNU_RELRO .elf && grep -q BIND_NOW .elf
    result $? "$name: full RELRO" "$(grep -E 'RELRO|FLAGS' .elf)"
    grep GNU_STACK .elf | grep -q ' RW '
    result $? "$name: no executable stack" "$(grep GNU_STACK .elf)"
    readelf -sW "$file" >.symbols && grep -q __stack_chk_fail .symbols
    result $? "$name: stack protector"
    [ "$(grep -cE '__(memcpy|snprintf|sprintf|strcat|strcpy|fprintf|printf|vsnprintf)_chk' .symbols)" -ge 3 ]
    result $? "$name: _FORTIFY_SOURCE" "$(grep -c _chk .symbols)"
done
readelf -hW "$QUIPU" | grep -q 'Type: *DYN' && readelf -dW "$QUIPU" | grep -q 'Flags:.* PIE'
result $? "position-independent" "$(readelf -hW "$QUIPU" | grep Type)"
case $(uname -m) in
x86_64)
    objects=$(ar t "$library.a" | wc -l) marked=$(readelf -nW "$library.a" 2>/dev/null | grep -c 'IBT, SHSTK')
    [ "$objects" -gt 100 ] && [ "$marked" -eq "$objects" ]
    result $? "control-flow enforcement" "$marked of $objects objects" ;;
esac
