#!/usr/bin/perl
# The character properties that utf8proc lacks, as sorted tables of ranges:
#     perl unicode_tables.pl DIR scripts > unicode_tables.c
#     perl unicode_tables.pl DIR letters > unicode_letters.c
#     perl unicode_tables.pl DIR boundaries > ../../tests/cases/boundary_tables.c
# DIR holds the Unicode Character Database 15.0.0 (Debian and Ubuntu: package unicode-data, /usr/share/unicode).
use strict;
use warnings;

my ($dir, $part) = @ARGV;
die "usage: perl unicode_tables.pl DIR scripts|letters|boundaries\n"
    unless defined $part && $part =~ /^(scripts|letters|boundaries)$/;

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

my (@word_break, @linking, @script, @letter, @age, @name_of, %script_number);
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
    my $bit = {Cased => 1, Case_Ignorable => 2, Alphabetic => 4, Lowercase => 8}->{$name} // 0;
    $letter[$_] = ($letter[$_] // 0) | $bit for $bit ? ($a .. $b) : ();
});
ranges('IndicSyllabicCategory.txt', sub {
    my ($a, $b, $name) = @_;
    my $bit = $name eq 'Consonant' ? 1 : $name eq 'Virama' ? 2 : 0;
    return unless $bit;
    for ($a .. $b) {
        next unless ($name_of[$_] // '') =~ /^(Gujarati|Telugu|Malayalam|Oriya|Bengali|Devanagari)$/;
        $linking[$_] = ($linking[$_] // 0) | $bit;
    }
});

my $header = $part eq 'boundaries' ? 'tests/cases/boundary_tables.h' : 'lib/text/unicode_tables.h';
print "/* Made by lib/text/unicode_tables.pl from the Unicode Character Database 15.0.0; do not edit. */\n";
print "#include \"$header\"\n\n";
print "#include \"lib/text/unicode_tables.h\"\n\n" if $part eq 'boundaries';
print "#define COUNT(table) (sizeof table / sizeof *table)\n\n/* clang-format off */\n";
if ($part eq 'scripts') {
    table('script', \@script);
    print <<'END';
/* clang-format on */

int qp_script_of(int32_t code)
{
    return (int)qp_table_value(script, COUNT(script), code);
}
END
} elsif ($part eq 'letters') {
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

bool qp_is_alphabetic(int32_t code)
{
    return qp_table_value(letter, COUNT(letter), code) & 4;
}

bool qp_is_lower_case(int32_t code)
{
    return qp_table_value(letter, COUNT(letter), code) & 8;
}
END
} else {
    table('word_break_table', \@word_break);
    table('linking', \@linking);
    print <<'END';
/* clang-format on */

word_break word_break_of(int32_t code)
{
    return (word_break)qp_table_value(word_break_table, COUNT(word_break_table), code);
}

bool is_linking_consonant(int32_t code)
{
    return qp_table_value(linking, COUNT(linking), code) & 1;
}

bool is_linking_virama(int32_t code)
{
    return qp_table_value(linking, COUNT(linking), code) & 2;
}
END
}
print STDERR map { "$_ = $script_number{$_}\n" } qw(Common Hiragana Katakana Han Inherited);
