package mpesa

import "testing"

func BenchmarkParseCallback(b *testing.B) {
	body := []byte(captureSuccess2019)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseCallback(body); err != nil {
			b.Fatal(err)
		}
	}
}
