package mpesa

import (
	"strings"
	"testing"
)

func TestCheckCallbackURL(t *testing.T) {
	const demo = "http://127.0.0.1:4711"
	long := strings.Repeat("a", 64)
	// Each list is refused by the Daraja before it, and by those after it.
	refused := []struct {
		by        string
		addresses []string
	}{
		{demo, []string{
			"", "cb", "cinema.co.ke", "cinema.co.ke/cb", "cinema.co.ke:8080/cb", "localhost:8080", "//cinema.co.ke/cb",
			"https:cinema.co.ke",
			"https:/cinema.co.ke/cb", "https://", "https:///cb", "https://:443/cb", "ftp://cinema.co.ke",
			"ws://cinema.co.ke", "javascript://x",
			"https://cinema.co.ke/c b", " https://cinema.co.ke", "https://cinema.co.ke ", "https://cinema.co.ke/cb\r",
			"https://cinema.co.ke/\ncb",
			"https://cinema .co.ke", "https://cinema.co.ke/<token>", "https://<your-domain>/cb",
			`https://cinema.co.ke/"cb"`, "'https://cinema.co.ke'",
			"https://cinema.co.ke/cb`", `https:\\cinema.co.ke\cb`, "https://cinema.co.ke/{token}",
			"https://cinema.co.ke/a|b", "https://cinema.co.ke/\x7f",
			"https://sinemä.co.ke/cb", "https://cinema.co.ke/tikëti", "https://cinema.co.ke/\u200bcb",
			"\ufeffhttps://cinema.co.ke", "https://cinema.co.ke\u00a0",
			"https://Cinema.co.ke/cb", "https://cinema.CO.KE", "https://user@cinema.co.ke/cb",
			"https://user:geheim@cinema.co.ke/cb",
			"https://cinema.co.ke/cb?token=geheim", "https://cinema.co.ke/cb?", "https://cinema.co.ke/cb#geheim",
			"https://cinema.co.ke/../cb", "https://cinema.co.ke/./cb",
			"https://cinema.co.ke:0/cb", "https://cinema.co.ke:65536/cb", "https://cinema.co.ke:99999",
			"https://cinema.co.ke:/cb", "https://cinema.co.ke:https/cb",
			"https://cinema.co.ke./cb", "https://cinema..co.ke/cb", "https://--1.sslip.io/cb",
			"https://.cinema.co.ke", "https://-cinema.co.ke",
			"https://cinema-.co.ke", "https://" + long + ".co.ke",
			"https://" + strings.Repeat("abc.", 70) + "co.ke", "https://127.1/cb", "https://2130706433/cb",
			"https://0x7f000001", "https://0x7f.0.0.1/", "https://256.256.256.256/",
			"https://1.2.3.4.5/cb", "https://[::1", "https://[fe80::1%25eth0]/cb", "https://cinema.co.ke/%zz",
		}},
		{Sandbox, []string{
			"http://localhost:8080/cb", "https://localhost/cb", "http://127.0.0.1/cb", "http://127.3.2.1:8080",
			"http://[::1]:8080/cb", "http://cinema.localhost/cb",
			"https://10.1.2.3/cb", "https://172.16.0.9/cb", "https://172.31.255.255", "https://192.168.1.10:8443/cb",
			"https://169.254.169.254/cb", "https://100.64.0.1/cb",
			"https://100.127.255.254", "https://0.0.0.0/cb", "https://0.1.2.3/", "https://192.0.2.10/cb",
			"https://198.51.100.7", "https://203.0.113.9/cb", "https://198.18.0.1",
			"https://224.0.0.1/cb", "https://239.1.2.3", "https://240.0.0.1", "https://255.255.255.255/cb",
			"https://192.0.0.8/cb", "https://[::]/cb", "https://[fc00::1]/cb",
			"https://[fd12:3456::1]/cb", "https://[fe80::1]/cb", "https://[ff02::1]/cb", "https://[2001:db8::1]/cb",
			"https://[3fff::1]", "https://[::ffff:10.0.0.1]/cb",
			"https://[::ffff:127.0.0.1]/cb", "https://[fec0::1]",
			"https://[64:ff9b::7f00:1]/cb", "https://[64:ff9b::10.1.2.3]/cb", "https://[64:ff9b:1::2901:1]/cb",
			"https://[2002:7f00:1::]/cb", "https://[2002:c0a8:101::1]/cb", "https://[2002:a01:203::9]/cb",
			"https://[::10.0.0.1]/cb", "https://[::7f00:1]/cb", "https://[2001:0:1:2:3:4:f5fe:fdfc]/cb",
			"https://[2a01:4f8::5efe:a00:1]/cb", "https://[2a01:4f8::200:5efe:a00:1]/cb", "https://192.88.99.1/cb",
			"https://cinema/cb", "https://the-address-of-your-tunnel", "https://the-address-of-your-tunnel/cb",
			"https://intranet", "https://box.local/cb", "https://box.internal/cb", "http://tickets.lan:8080",
			"https://cinema.test/cb", "https://cinema.example/cb", "https://cinema.invalid/cb", "https://router.lan/",
			"https://tv.home.arpa/cb", "https://x.y.localdomain/cb", "https://cinema.localhost/cb",
			"https://10.0.0.1.nip.io/cb", "https://app.192.168.1.10.nip.io/cb", "https://10-0-0-1.nip.io",
			"https://app-10-0-0-1.sslip.io/cb", "https://127.0.0.1.sslip.io:8443/cb", "https://7f000001.nip.io/cb",
			"https://app.0a000001.nip.io/cb", "https://fd00--1.sslip.io/cb",
			"https://www-172-16-0-9-x.traefik.me/cb", "https://localtest.me/cb", "https://cinema.localtest.me/cb",
			"https://a.b.lvh.me/cb", "https://vcap.me",
		}},
		{Production, []string{
			"http://cinema.co.ke/cb", "http://cinema.co.ke:443/cb",
			"https://my_cinema.co.ke/cb",
			"https://cinema.ngrok.io/cb", "https://1234.ngrok-free.app/cb", "https://x.mockbin.org",
			"https://requestbin.net/r/1", "https://mpesa.cinema.co.ke/cb",
			"https://m-pesa-cinema.co.ke", "https://cinemampesa.co.ke/cb", "https://cinema.co.ke/mpesa/cb",
			"https://cinema.co.ke/M-PESA", "https://cinema.co.ke/Mpesa-callback",
			"https://safaricom.cinema.co.ke", "https://cinema.co.ke/Safaricom", "https://cinema.co.ke/cb.exe",
			"https://cinema.co.ke/exec", "https://executive.co.ke/cb",
			"https://cmdrinks.co.ke/cb", "https://cinema.co.ke/CMD", "https://mysql.cinema.co.ke",
			"https://cinema.co.ke/sql", "https://cinema.co.ke/Query/cb",
			"https://cinema.co.ke/%6dpesa", "https://cinema.co.ke/m%70esa/cb",
		}},
		{"https://API.Safaricom.co.ke./", []string{"http://cinema.co.ke/cb", "https://cinema.example/cb"}},
	}
	for i, list := range refused {
		for _, text := range list.addresses {
			err := CheckCallbackURL(text, list.by)
			if err == nil || strings.Contains(err.Error(), "geheim") {
				t.Errorf("%s takes %q: %v", list.by, text, err)
			}
			if i > 0 && i < 3 {
				if err := CheckCallbackURL(text, refused[i-1].by); err != nil {
					t.Errorf("%s refuses %q: %v", refused[i-1].by, text, err)
				}
			}
		}
	}
	for _, text := range []string{
		"https://cinema.co.ke", "https://cinema.co.ke/cb", "https://cinema.co.ke/cb/",
		"https://tickets.cinema.co.ke:8443/a/b/c", "https://cinema-1.co.ke/cb/ABC234",
		"https://xn--sinem-dua.co.ke/cb", "https://cinema.co.ke/tik%C3%ABti", "https://41.90.64.10/cb",
		"https://[2c0f:fe38::1]/cb", "https://172.32.0.1/cb",
		"https://100.128.0.1/cb", "https://1cinema.co.ke/cb", "https://3.co.ke/~cb", "https://cinema.co.ke/a=1&b=2",
		"https://41.90.64.10.nip.io/cb", "https://41-90-64-10.sslip.io/cb", "https://2c0f-fe38--1.sslip.io/cb",
		"https://295a400a.nip.io/cb", "https://[64:ff9b::295a:400a]/cb", "https://[2002:295a:400a::1]/cb",
		"https://kino-24-7.co.ke/cb", "https://screen1.2.3.co.ke/cb", "https://10-years.co.ke",
		"https://0a000001.co.ke/cb", "https://7f000001.trycloudflare.com",
		"https://12-34-567-8901.co.ke", "https://local.co.ke/cb", "https://local.example.com/cb",
		"https://locals.co.ke/cb", "https://example.co.ke/internal",
	} {
		if err := CheckCallbackURL(text, Production); err != nil {
			t.Errorf("production refuses %q: %v", text, err)
		}
	}
}

func TestCheckBaseURL(t *testing.T) {
	for text, want := range map[string]string{
		Production: Production, Sandbox: Sandbox, "https://API.safaricom.co.ke/": Production,
		"HTTPS://sandbox.Safaricom.CO.KE//": Sandbox,
		"https://api.safaricom.co.ke.":      Production, "http://127.0.0.1:4711/": "http://127.0.0.1:4711",
		"http://Daraja:8080":                   "http://daraja:8080",
		"https://gateway.cinema.co.ke/daraja/": "https://gateway.cinema.co.ke/daraja",
		"https://api.safaricom.co.ke:443":      "https://api.safaricom.co.ke:443",
	} {
		if got, err := CheckBaseURL(text); got != want || err != nil {
			t.Errorf("%q is %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "api.safaricom.co.ke", "http://api.safaricom.co.ke", "http://SANDBOX.safaricom.co.ke",
		"https://api.safaricom.co.ke/mpesa/stkpush/v1/processrequest",
		"https://sandbox.safaricom.co.ke/oauth", "https://developer.safaricom.co.ke", "https://safaricom.co.ke",
		"https://api.safaricom.co.ke?a=geheim",
		"https://key:geheim@api.safaricom.co.ke", "https://api.safaricom.co.ke ", "\"https://api.safaricom.co.ke\"",
		"https://api.safaricom.co.ke:99999", "ftp://daraja",
		"http:///daraja", "https://дараджа",
	} {
		if got, err := CheckBaseURL(text); err == nil || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%q is taken as %q: %v", text, got, err)
		}
	}
}
