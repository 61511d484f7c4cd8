package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

func utf16Bytes(text string, little bool) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune("\ufeff" + text)) {
		if little {
			out = append(out, byte(u), byte(u>>8))
		} else {
			out = append(out, byte(u>>8), byte(u))
		}
	}
	return out
}

func TestDotenvValues(t *testing.T) {
	for line, want := range map[string]string{
		`A=b`: `b`, `A=`: ``, `A= `: ``, `  A  =  b  `: `b`, "\tA\t=\tb\t": `b`, "A=b\r": `b`, "\u00a0A=b\u00a0": `b`,
		"A=\u200bb\ufeff": `b`,
		`export A=b`:      `b`, "export\tA = b": `b`, `A=b=c==`: `b=c==`, `a_1=b`: `b`,
		// Nothing is replaced.
		`A=Cinema$2026!`: `Cinema$2026!`, `A=$HOME`: `$HOME`, `A=${HOME}`: `${HOME}`, `A=$(id)`: `$(id)`,
		"A=`id`x": "`id`x", `A=a\nb`: `a\nb`, `A=\$x`: `\$x`,
		`A=100%`: `100%`, `A=%2F`: `%2F`, `A=!x!`: `!x!`, `A=a&b|c;d`: `a&b|c;d`, `A=~/x`: `~/x`, `A=a*b?`: `a*b?`,
		`A={"a":1}`:        `{"a":1}`,
		`A="Cinema$2026!"`: `Cinema$2026!`, `A="$HOME"`: `$HOME`, `A="a\nb"`: `a\nb`, `A="C:\new\"`: `C:\new\`,
		`A='a\'`: `a\`, `A='$x'`: `$x`,
		// Quotes that stand around it all are taken away.
		`A="b"`: `b`, `A='b'`: `b`, `A=""`: ``, `A=''`: ``, `A=" b "`: ` b `, `A="it's"`: `it's`,
		`A='say "b"'`: `say "b"`, `A = "b" `: `b`,
		`A=b"c`: `b"c`, `A=b'c'`: `b'c'`, `A=b"`: `b"`, `A=it's`: `it's`,
		// Comments.
		`A=b # c`: `b`, `A=b	# c`: `b`, `A=b#c`: `b#c`, `A=#b`: `#b`, `A= # c`: ``, `A=b #`: `b`,
		`A="b # c"`: `b # c`, `A='b' # "c"`: `b`, `A="b"	#c`: `b`,
		`A=b ; c`: `b ; c`, `A=https://x.co.ke/#a`: `https://x.co.ke/#a`, `A=b "c # d`: `b "c`, "A=b\u00a0# c": `b`,
		`A=ümlaut`: `ümlaut`, `A=b c`: `b c`,
	} {
		got, err := parseDotenv([]byte(line))
		if err != nil || len(got) != 1 || got[0].value != want {
			t.Errorf("%q is %+v, %v; want %q", line, got, err, want)
		}
	}
}

// TestDotenvRefuses: what is not clear is refused, by the number of its line alone.
func TestDotenvRefuses(t *testing.T) {
	for _, line := range []string{
		`geheim`, `MPESA_PASSKEY geheim`, `MPESA_PASSKEY: geheim`, `A="geheim`, `A='geheim`, `A="`, `A="geheim'`,
		`A="geheim"geheim`, `A="geheim"#c`, `A="ge"heim"`,
		`A="ge\"heim"`, `A='ge'heim'`, `A=“geheim”`, `A=‘geheim’`, `A=„geheim“`, `=geheim`, `A B=geheim`, `A-B=geheim`,
		`1A=geheim`, `exportA B=geheim`, `// A=geheim`,
		`"A"=geheim`, `MPESA.PASSKEY=geheim`, `set A=geheim`, `<A>=geheim`, `export A`, `[section]`, "A=ge\x00heim",
		"A=geheim\xff", `- A=geheim`, `Ä=geheim`,
		"A=other\nA=geheim", "A=geheim\nA=",
	} {
		_, err := parseDotenv([]byte("# first\n" + line + "\nB=c\n"))
		wrong, is := errors.AsType[*lineError](err)
		if want := 2 + strings.Count(line, "\n"); !is || wrong.line != want || strings.Contains(err.Error(),
			"geheim") || strings.Contains(err.Error(), "heim") {
			t.Errorf("%q: %v", line, err)
		}
	}
}

// TestDotenvFiles: a file says the same however its editor has saved it.
func TestDotenvFiles(t *testing.T) {
	const text = "# Cinema\n\n; more\n  # and more\n" +
		"MPESA_ENV=production\nexport BASE_URL = https://cinema.co.ke  # ours\n\nNAME='a # " +
		"b'\nMPESA_ENV=production\nE=\nLAST=x$y"
	want := []assignment{{"MPESA_ENV", "production", 5}, {"BASE_URL", "https://cinema.co.ke", 6}, {"NAME", "a # b", 8},
		{"E", "", 10}, {"LAST", "x$y", 11}}
	crlf, cr := strings.ReplaceAll(text, "\n", "\r\n"), strings.ReplaceAll(text, "\n", "\r")
	for name, data := range map[string][]byte{
		"LF": []byte(text), "CRLF": []byte(crlf), "CR": []byte(cr), "an end of line at the end": []byte(crlf + "\r\n"),
		"a mark":  []byte("\ufeff" + text),
		"Notepad": []byte("\ufeff" + crlf), "UTF-16 LE": utf16Bytes(crlf, true), "UTF-16 BE": utf16Bytes(text, false),
		"UTF-16 and CR":                     utf16Bytes(cr, true),
		"UTF-16, cut in the last character": utf16Bytes(text+"\n", true)[:2*len(text)+3],
	} {
		if got, err := parseDotenv(data); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for name, data := range map[string][]byte{"empty": nil, "a mark alone": []byte("\ufeff"), "marks of UTF-16": {0xff,
		0xfe}, "blank": []byte(" \r\n\t\n")} {
		if got, err := parseDotenv(data); err != nil || len(got) != 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := parseDotenv(utf16Bytes(text, true)[2:]); err == nil {
		t.Error("UTF-16 without a mark is read")
	}
}

// FuzzDotenv: whatever a file holds, it is read or refused, and an error holds nothing of it.
func FuzzDotenv(f *testing.F) {
	for _, seed := range []string{"A=b", "A=\"b\\\"", "\xff\xfeA\x00=\x00", "export A=b # c\r\nA='",
		"\ufeff;x\rB", "A=“b”"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := parseDotenv(data)
		for _, a := range all {
			if !settingName.MatchString(a.name) || a.line < 1 || strings.ContainsAny(a.value, "\n\r\x00") {
				t.Errorf("%+v", a)
			}
		}
		// What is put into a line is literal, if it is put in quotes that it does not have.
		if value := string(data); !strings.ContainsAny(value, "\n\r\x00'\ufffd") && strings.ToValidUTF8(value,
			"") == value {
			if got, err := parseDotenv([]byte("SECRET='" + value + "'")); err != nil || len(got) != 1 ||
				got[0].value != value {
				t.Errorf("%q became %+v, %v", value, got, err)
			}
		}
		if err != nil {
			secret := "QQ" + strings.Map(func(r rune) rune {
				if r < '!' || r > '~' {
					return -1
				}
				return r
			}, string(data)) + "QQ"
			if _, err := parseDotenv([]byte(secret)); err != nil && strings.Contains(err.Error(), "QQ") {
				t.Errorf("the error tells of the line: %v", err)
			}
		}
	})
}
