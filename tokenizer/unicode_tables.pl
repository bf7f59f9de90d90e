#!/usr/bin/perl
# The character properties that utf8proc lacks, as sorted tables of ranges:
#     perl unicode_tables.pl DIR breaks > unicode_tables.c
#     perl unicode_tables.pl DIR letters > unicode_letters.c
# DIR holds the Unicode Character Database 15.0.0 (Debian and Ubuntu: package unicode-data, /usr/share/unicode).
use strict;
use warnings;

my ($dir, $part) = @ARGV;
die "usage: perl unicode_tables.pl DIR breaks|letters\n" unless defined $part && $part =~ /^(breaks|letters)$/;

# The lines "XXXX..YYYY ; value" of a file, each given to a function.
sub ranges
{
    my ($file, $use) = @_;
    open(my $in, '<', "$dir/$file") or die "$dir/$file: $!\n";
    while (<$in>) {
        next unless /^([0-9A-F]+)(?:\.\.([0-9A-F]+))?\s*;\s*([\w.]+)/;
        $use->(hex($1), hex($2 // $1), $3);
    }
}

# One number for each code point becomes "begin << 8 | value" wherever the value changes.
sub table
{
    my ($name, $value) = @_;
    my (@entry, $last);
    for my $code (0 .. 0x10FFFF) {
        my $now = $value->[$code] // 0;
        push @entry, sprintf('0x%X', $code << 8 | $now) if !defined $last || $now != $last;
        $last = $now;
    }
    my $line = '   ';
    print "static const uint32_t $name\[] = {\n";
    for my $i (0 .. $#entry) {
        my $word = " $entry[$i]" . ($i < $#entry ? ',' : '};');
        if (length($line) + length($word) > 120) {
            print "$line\n";
            $line = '   ';
        }
        $line .= $word;
    }
    print "$line\n\n";
}

my (@word_break, @script, @letter, @age, @name_of, %script_number);
my @class = qw(Other CR LF Newline Extend ZWJ Format Regional_Indicator Katakana Hebrew_Letter ALetter Single_Quote
    Double_Quote MidNumLet MidLetter MidNum Numeric ExtendNumLet WSegSpace);
my %class = map { $class[$_] => $_ } 0 .. $#class;
ranges('auxiliary/WordBreakProperty.txt',
    sub { my ($a, $b, $name) = @_; $word_break[$_] = $class{$name} // die "unknown class $name" for $a .. $b; });
# Scripts as of Unicode 9.0, which is what Hugging Face's table holds: younger characters have none, four have changed.
ranges('DerivedAge.txt', sub { my ($a, $b, $age) = @_; $age[$_] = $age for $a .. $b; });
ranges('Scripts.txt', sub {
    my ($a, $b, $name) = @_;
    $script_number{$name} //= 1 + keys %script_number;
    $name_of[$_] = $name for $a .. $b;
    for ($a .. $b) { $script[$_] = $script_number{$name} if $age[$_] <= 9 }
});
$script[$_] = $script_number{Common} for 0x589, 0x61C;
$script[$_] = $script_number{Devanagari} for 0x953, 0x954;
ranges('DerivedCoreProperties.txt', sub {
    my ($a, $b, $name) = @_;
    my $bit = {Cased => 1, Case_Ignorable => 2, Alphabetic => 16, Lowercase => 32}->{$name} // 0;
    $letter[$_] = ($letter[$_] // 0) | $bit for $bit ? ($a .. $b) : ();
});
ranges('IndicSyllabicCategory.txt', sub {
    my ($a, $b, $name) = @_;
    my $bit = $name eq 'Consonant' ? 4 : $name eq 'Virama' ? 8 : 0;
    return unless $bit;
    for ($a .. $b) {
        next unless ($name_of[$_] // '') =~ /^(Gujarati|Telugu|Malayalam|Oriya|Bengali|Devanagari)$/;
        $letter[$_] = ($letter[$_] // 0) | $bit;
    }
});

print "/* Made by unicode_tables.pl from the Unicode Character Database 15.0.0; do not edit. */\n";
print "#include \"tokenizer/unicode_tables.h\"\n\n";
print "#define COUNT(table) (sizeof table / sizeof *table)\n\n/* clang-format off */\n";
if ($part eq 'breaks') {
    table('word_break', \@word_break);
    table('script', \@script);
    print <<'END';
/* clang-format on */

qp_word_break qp_word_break_of(int32_t code)
{
    return (qp_word_break)qp_table_value(word_break, COUNT(word_break), code);
}

int qp_script_of(int32_t code)
{
    return (int)qp_table_value(script, COUNT(script), code);
}
END
} else {
    table('letter', \@letter);
    print <<'END';
/* clang-format on */

bool qp_is_cased(int32_t code)
{
    return qp_table_value(letter, COUNT(letter), code) & 1;
}

bool qp_is_case_ignorable(int32_t code)
{
    return qp_table_value(letter, COUNT(letter), code) & 2;
}

bool qp_is_linking_consonant(int32_t code)
{
    return qp_table_value(letter, COUNT(letter), code) & 4;
}

bool qp_is_linking_virama(int32_t code)
{
    return qp_table_value(letter, COUNT(letter), code) & 8;
}

bool qp_is_alphabetic(int32_t code)
{
    return qp_table_value(letter, COUNT(letter), code) & 16;
}

bool qp_is_lower_case(int32_t code)
{
    return qp_table_value(letter, COUNT(letter), code) & 32;
}
END
}
print STDERR map { "$_ = $script_number{$_}\n" } qw(Common Hiragana Katakana Han Inherited);
