package doctor

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"cinemasphere/handlers/checkout"
	"cinemasphere/mpesa"
	"cinemasphere/store"
)

func (c Config) addresses(context.Context) (all []Finding) {
	const name = "callback address"
	if c.Refuses == nil {
		return nil
	}
	for _, address := range c.Callback {
		if err := c.Refuses(address); err != nil {
			all = append(all, Finding{name, Failure, "Safaricom refuses " + address + ": " + err.Error() + ".",
				"Choose another host or path, in BASE_URL or MPESA_CALLBACK_URL."})
		}
	}
	if len(all) == 0 && len(c.Callback) > 0 {
		return one(name, OK, "Safaricom takes "+c.Callback[0]+".", "")
	}
	return all
}

// hosts are those of the addresses, each once.
func (c Config) hosts() (all []string) {
	for _, address := range c.Callback {
		if u, err := url.Parse(address); err == nil && !slices.Contains(all, u.Hostname()) {
			all = append(all, u.Hostname())
		}
	}
	if c.HTTPS == nil {
		return all
	}
	for _, name := range c.HTTPS.Names {
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

func (c Config) resolves(ctx context.Context) (all []Finding) {
	const name = "DNS"
	if c.Environment == store.Simulator {
		return nil // one may stand on this machine
	}
	for _, host := range c.hosts() {
		addresses := []netip.Addr{}
		if ip, err := netip.ParseAddr(host); err == nil {
			addresses = append(addresses, ip)
		} else if addresses, err = c.Resolve(ctx, host); err != nil || len(addresses) == 0 {
			all = append(all, Finding{name, Failure, "The name " + host + " leads nowhere.",
				"Add an A record with this machine's public address, where you have the domain."})
			continue
		}
		all = append(all, whereTo(host, addresses))
	}
	return all
}

// whereTo judges the addresses that a name leads to.
func whereTo(host string, addresses []netip.Addr) Finding {
	const name = "DNS"
	four := false
	for _, ip := range addresses {
		ip = ip.Unmap()
		if !mpesa.IsPublic(ip) {
			return Finding{name, Failure, fmt.Sprintf("The name %s leads to %s, which is not on the public Internet.",
				host, ip), "Let it lead to this machine's public address."}
		}
		four = four || ip.Is4()
	}
	if !four {
		return Finding{name, Warning, "The name " + host + " leads to an IPv6 address alone.",
			"Add an A record: nobody knows whether Safaricom reaches IPv6."}
	}
	return Finding{name, OK, fmt.Sprintf("The name %s leads to %s.", host, addresses[0].Unmap()), ""}
}

// client makes requests that follow no redirect, at most by a version of TLS where that is not 0.
func (c Config) client(newest uint16) *http.Client {
	through := c.HTTP
	if through == nil {
		through = &http.Transport{
			Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, TLSHandshakeTimeout: longest / 2,
			TLSClientConfig: &tls.Config{RootCAs: c.Roots, MaxVersion: newest},
		}
	}
	return &http.Client{
		Transport: through, Timeout: longest,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// reached sends to each address what M-PESA sends, with a token that proves that it came to this program.
func (c Config) reached(ctx context.Context) (all []Finding) {
	if c.Store == nil {
		return nil
	}
	for i, address := range c.Callback {
		all = append(all, c.reach(ctx, address, i == 0)...)
	}
	return all
}

// reach sends to one address. The certificate is that of the first one's host.
func (c Config) reach(ctx context.Context, address string, first bool) (all []Finding) {
	const name = "callback"
	token := rand.Text()
	want, err := checkout.ProbeAnswer(ctx, c.Store, token)
	if err != nil {
		return one(name, Warning, "It was not tried: "+err.Error()+".", "")
	}
	resp, err := c.post(ctx, address, token, 0)
	if err != nil {
		if says, do := wrongCertificate(err); says != "" {
			return one("certificate", Failure, says, do)
		}
		return one(name, Failure, "Nothing answers at "+address+".",
			"Start the program, open the port in the firewall, and look whether the name leads here. Some networks do "+
				"not let a machine reach itself by its public address: then try it from a phone.")
	}
	defer func() { _ = resp.Body.Close() }() // what counts was read
	if first && resp.TLS != nil {
		all = append(all, c.certificate(ctx, address, token, resp.TLS.PeerCertificates[0])...)
	}
	return append(all, judge(address, resp, want))
}

func (c Config) post(ctx context.Context, address, token string, newest uint16) (*http.Response, error) {
	body := strings.NewReader(`{"probe":true}`)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address+checkout.ProbePath+token, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	return c.client(newest).Do(r)
}

// judge says what an answer means.
func judge(address string, resp *http.Response, want string) Finding {
	const name = "callback"
	var answer struct{ ResultDesc string }
	text, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	if err == nil {
		err = json.Unmarshal(text, &answer)
	}
	switch status := resp.StatusCode; {
	case status == http.StatusOK && err == nil && answer.ResultDesc == want:
		return Finding{name, OK, "A token that is sent to " + address + " reaches this program.", ""}
	case status == http.StatusOK:
		return Finding{name, Failure, address + " answers, but not this program with these books.",
			"Let the proxy pass the path on as it is, token and all, to this program."}
	case status >= 300 && status < 400:
		where := "another address"
		if to, err := resp.Location(); err == nil {
			where = to.Scheme + "://" + to.Host
		}
		return Finding{name, Failure, address + " leads on to " + where + ", and Safaricom does not follow.",
			"Name in BASE_URL or MPESA_CALLBACK_URL the address that answers itself."}
	case status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusTooManyRequests:
		return Finding{name, Failure, fmt.Sprintf("Something before the program refuses requests to %s (HTTP %d).",
			address, status), "Take this path out of what guards the site against bots, and out of any password."}
	case status >= 500:
		return Finding{name, Failure, fmt.Sprintf("A proxy answers at %s, and does not reach the program (HTTP %d).",
			address, status), "Start the program, and look whether the proxy sends to its ADDR."}
	default:
		return Finding{name, Failure, fmt.Sprintf("%s answers HTTP %d: the path does not lead to this program.",
			address, status), "Let the proxy pass it on as it is, for POST too."}
	}
}

// wrongCertificate says what is wrong with a certificate, "" where the error is another.
func wrongCertificate(err error) (says, do string) {
	const renew = "Look why it was not renewed."
	if wrong, is := errors.AsType[x509.CertificateInvalidError](err); is && wrong.Reason == x509.Expired {
		return "The certificate of the site has ended, or is not good yet.", renew
	}
	if _, is := errors.AsType[x509.HostnameError](err); is {
		return "The certificate of the site is for another name.", "Get one for the name in BASE_URL."
	}
	if _, is := errors.AsType[x509.UnknownAuthorityError](err); is {
		return "The certificate of the site is not trusted: it is self-signed, or one in its chain is missing.",
			"Send the full chain (fullchain.pem), of an authority that everybody trusts."
	}
	if _, is := errors.AsType[*tls.CertificateVerificationError](err); is {
		return "The certificate of the site is not good.", renew
	}
	return "", ""
}

// endsSoon is how long before its end a certificate should have been renewed.
const endsSoon = 10 * 24 * time.Hour

// certificate judges what the site has shown, and whether it speaks a version of TLS that old clients know.
func (c Config) certificate(ctx context.Context, address, token string, shown *x509.Certificate) []Finding {
	const name = "certificate"
	left := shown.NotAfter.Sub(c.Now())
	if left < endsSoon {
		return one(name, Warning, fmt.Sprintf("It ends on %s.", day(shown.NotAfter)), "Look why it was not renewed.")
	}
	if c.HTTP == nil {
		resp, err := c.post(ctx, address, token, tls.VersionTLS12)
		if err != nil {
			return one(name, Warning, "The site does not speak TLS 1.2.",
				"Turn it on beside TLS 1.3: nobody knows what Safaricom speaks.")
		}
		_ = resp.Body.Close()
	}
	return one(name, OK, fmt.Sprintf("It is trusted, and good until %s.", day(shown.NotAfter)), "")
}

// CertificateEnds is when the certificate of an address ends, whether it is trusted or not.
func CertificateEnds(ctx context.Context, address string) (time.Time, error) {
	u, err := url.Parse(address)
	if err != nil {
		return time.Time{}, errors.New("the address cannot be read")
	}
	port := u.Port()
	if port == "" {
		port = "443"
	}
	// Only its dates are read: who trusts it is another question.
	dialer := tls.Dialer{Config: &tls.Config{ServerName: u.Hostname(), InsecureSkipVerify: true}}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return time.Time{}, err
	}
	defer func() { _ = conn.Close() }() // nothing was written
	shown := conn.(*tls.Conn).ConnectionState().PeerCertificates
	if len(shown) == 0 {
		return time.Time{}, errors.New("no certificate was shown")
	}
	return shown[0].NotAfter, nil
}
