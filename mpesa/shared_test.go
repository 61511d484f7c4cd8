package mpesa_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cinemasphere/mpesa"
	"cinemasphere/mpesa/sim"
)

// books are what processes share.
type books struct {
	mu     sync.Mutex
	token  mpesa.AccessToken
	holder string
	until  time.Time
	asked  int
	failed error // what every call gets
	unkept error // what Keep gets
}

// tokens are the books as the process of that name has them.
type tokens struct {
	*books
	name string
}

func (k tokens) Load(context.Context) (mpesa.AccessToken, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked++
	return k.token, k.failed
}

func (k tokens) Save(_ context.Context, token mpesa.AccessToken) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked++
	if err := errors.Join(k.failed, k.unkept); err != nil {
		return err
	}
	k.token = token
	return nil
}

func (k tokens) Lease(_ context.Context, d time.Duration) (bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked++
	if k.failed != nil {
		return false, k.failed
	}
	now := time.Now()
	if k.holder != k.name && now.Before(k.until) {
		return false, nil
	}
	k.holder, k.until = k.name, now.Add(d)
	return true, nil
}

// distant is a Daraja from which an answer takes that long.
type distant struct {
	http.RoundTripper
	away time.Duration
}

func (d distant) RoundTrip(req *http.Request) (*http.Response, error) {
	time.Sleep(d.away / 2)
	resp, err := d.RoundTripper.RoundTrip(req)
	time.Sleep(d.away / 2)
	return resp, err
}

// company is one Daraja app and the processes that use it.
type company struct {
	*testing.T
	books
	sim     *sim.Sim
	clients []*mpesa.Client
	pushed  atomic.Int64
}

// inCompany runs a test in a bubble with several processes, each a little farther from Daraja than the one before.
func inCompany(t *testing.T, processes int, shared bool, test func(c *company)) {
	synctest.Test(t, func(t *testing.T) {
		taken := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}) // every callback
		c := &company{T: t, sim: sim.New(sim.Config{
			ConsumerKey: "key", ConsumerSecret: "secret", Passkey: "passkey", Shortcode: "174379",
			Callback: sim.InProcess(taken),
		})}
		defer c.sim.Close()
		for i := range processes {
			cfg := mpesa.Config{
				BaseURL: "https://daraja.test", ConsumerKey: "key", ConsumerSecret: "secret", Passkey: "passkey",
				Shortcode: "174379",
				Transport: distant{sim.InProcess(c.sim.Daraja()), time.Duration(80+7*i) * time.Millisecond},
			}
			if shared {
				cfg.Tokens = tokens{&c.books, fmt.Sprint("process ", i)}
			}
			client, err := mpesa.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			c.clients = append(c.clients, client)
		}
		test(c)
	})
}

// push sends a prompt to a phone of its own.
func (c *company) push(ctx context.Context, client *mpesa.Client) error {
	phone := mpesa.MSISDN(fmt.Sprintf("2547123%05d", c.pushed.Add(1)*10)) // no scenario
	_, err := client.STKPush(ctx, mpesa.Push{
		Amount: 100, Phone: phone, CallbackURL: "https://cinema.test/cb/1", Reference: "K7QX2M", Description: "Tickets",
	})
	return err
}

// crowd has every process push from so many buyers at once, each several times, and counts what was refused for its
// token.
func (c *company) crowd(buyers, times int) (refused int64) {
	var wait sync.WaitGroup
	var n atomic.Int64
	for _, client := range c.clients {
		for i := range buyers {
			wait.Go(func() {
				time.Sleep(time.Duration(i*11) * time.Millisecond)
				for range times {
					err := c.push(c.Context(), client)
					if fault, is := errors.AsType[*mpesa.Error](err); is && fault.Kind == mpesa.KindToken {
						n.Add(1)
					} else if err != nil {
						c.Error(err)
					}
				}
			})
		}
	}
	wait.Wait()
	return n.Load()
}

// Each log-in makes the token before it invalid. Processes that each log in are refused; those that share are not.
func TestProcessesOnOneApp(t *testing.T) {
	for _, processes := range []int{2, 3, 5} {
		inCompany(t, processes, false, func(c *company) {
			refused := c.crowd(16, 10)
			if processes > 2 && refused == 0 {
				c.Error("nothing was refused: the test tests nothing")
			}
			c.Logf("%d processes that each log in: %d of %d refused, %d log-ins", processes, refused, c.pushed.Load(),
				c.sim.Totals().Tokens)
		})
		inCompany(t, processes, true, func(c *company) {
			if refused := c.crowd(16, 10); refused > 0 || c.sim.Totals().Tokens != 1 {
				c.Errorf("%d processes that share: %d of %d refused, %d log-ins", processes, refused, c.pushed.Load(),
					c.sim.Totals().Tokens)
			}
			if c.asked > 20*processes {
				c.Errorf("%d processes asked %d times for the token", processes, c.asked)
			}
			before := c.asked
			c.crowd(16, 10)
			if c.asked != before {
				c.Errorf("asked %d times for a token that is good", c.asked-before)
			}
		})
	}
}

// A token that ends, or that somebody else's log-in has ended, costs one log-in of all processes together.
func TestSharedTokenEnds(t *testing.T) {
	for name, end := range map[string]func(c *company){
		"its hour is over": func(*company) { time.Sleep(3540 * time.Second) },
		"another log-in":   func(c *company) { c.sim.RevokeToken() },
		"at the last moment": func(*company) {
			time.Sleep(3539*time.Second - 200*time.Millisecond)
		},
	} {
		inCompany(t, 3, true, func(c *company) {
			refused := c.crowd(8, 2)
			end(c)
			refused += c.crowd(8, 20)
			if refused > 0 || c.sim.Totals().Tokens != 2 {
				c.Errorf("%s: %d refused, %d log-ins", name, refused, c.sim.Totals().Tokens)
			}
		})
	}
}

// Somebody who does not share logs in again and again.
func TestSharedTokenBesideAStranger(t *testing.T) {
	inCompany(t, 3, true, func(c *company) {
		ctx, stop := context.WithCancel(c.Context())
		var stranger sync.WaitGroup
		defer stranger.Wait()
		defer stop()
		stranger.Go(func() {
			for ctx.Err() == nil {
				time.Sleep(700 * time.Millisecond)
				c.sim.RevokeToken()
			}
		})
		if refused := c.crowd(16, 20); refused > 0 {
			c.Errorf("%d of %d refused, %d log-ins", refused, c.pushed.Load(), c.sim.Totals().Tokens)
		}
	})
}

// One that starts later, or again, uses the token that is there.
func TestSharedTokenIsFound(t *testing.T) {
	inCompany(t, 3, true, func(c *company) {
		for _, client := range c.clients {
			if err := c.push(c.Context(), client); err != nil {
				c.Error(err)
			}
			time.Sleep(10 * time.Minute)
		}
		if got := c.sim.Totals().Tokens; got != 1 {
			c.Errorf("%d log-ins", got)
		}
	})
}

// A process that dies while it logs in keeps the others waiting until its lease is over, and no caller longer than it
// wants.
func TestLogInOfOneThatDied(t *testing.T) {
	inCompany(t, 2, true, func(c *company) {
		dead := tokens{&c.books, "dead"}
		if mine, err := dead.Lease(c.Context(), 17*time.Second); err != nil || !mine {
			c.Fatal(mine, err)
		}
		started := time.Now()
		impatient, cancel := context.WithTimeout(c.Context(), time.Second)
		defer cancel()
		err := c.push(impatient, c.clients[0])
		if fault, is := errors.AsType[*mpesa.Error](err); !is || fault.Kind != mpesa.KindToken ||
			!errors.Is(err, context.DeadlineExceeded) || time.Since(started) != time.Second {
			c.Errorf("after %v: %v", time.Since(started), err)
		}
		if refused := c.crowd(8, 2); refused > 0 || c.sim.Totals().Tokens != 1 {
			c.Errorf("%d refused, %d log-ins", refused, c.sim.Totals().Tokens)
		}
		if took := time.Since(started); took < 17*time.Second || took > 19*time.Second {
			c.Errorf("it took %v", took)
		}
	})
}

// Books that fail for a while are asked again; where a token cannot be kept, whoever got it goes on.
func TestTokensThatFail(t *testing.T) {
	inCompany(t, 2, true, func(c *company) {
		c.failed = errors.New("the books are closed")
		go func() {
			time.Sleep(5 * time.Second)
			c.mu.Lock()
			defer c.mu.Unlock()
			c.failed, c.unkept = nil, errors.New("the books are full")
		}()
		for range 3 {
			if err := c.push(c.Context(), c.clients[0]); err != nil {
				c.Error(err)
			}
		}
		if c.token.Value != "" || c.sim.Totals().Tokens != 1 {
			c.Errorf("%d log-ins", c.sim.Totals().Tokens)
		}
	})
	inCompany(t, 1, true, func(c *company) {
		c.failed = errors.New("the books are closed")
		started := time.Now()
		err := c.push(c.Context(), c.clients[0])
		if fault, is := errors.AsType[*mpesa.Error](err); !is || fault.Kind != mpesa.KindToken ||
			time.Since(started) != 30*time.Second {
			c.Errorf("after %v: %v", time.Since(started), err)
		}
		synctest.Wait()
		time.Sleep(3 * time.Second) // the log-in is nobody's any more, and ends by itself
		err = c.push(c.Context(), c.clients[0])
		if !errors.Is(err, c.failed) {
			c.Errorf("the error does not say why: %v", err)
		}
	})
}

func TestAccessTokenIsNotPrinted(t *testing.T) {
	token := mpesa.AccessToken{Value: "c9SQxWWhmdVRlyh0zh8gZDTkubVF"}
	text := fmt.Sprintf("%v %+v %s", token, &token, []mpesa.AccessToken{token})
	if strings.Contains(text, token.Value) {
		t.Error(text)
	}
}
