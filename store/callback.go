package store

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	unknownBodyLimit = 4 << 10
	unknownLimit     = 10_000
)

// Callback is a stored callback, as received.
type Callback struct {
	ID    CallbackID
	Kind  CallbackKind
	Token string
	Body  []byte

	push   PushID   // the push of the token, where it was just looked up
	ticket TicketID // the push's ticket
}

// CallbackKind is what a callback reports on.
type CallbackKind string

// What M-PESA sends: the verdict on a push; the result of a Transaction Status or Reversal, or its time-out; and a C2B
// confirmation, of a payment without a push or as the echo of one.
const (
	CallbackSTK             CallbackKind = "stk"
	CallbackStatus          CallbackKind = "status"
	CallbackStatusTimeout   CallbackKind = "status_timeout"
	CallbackReversal        CallbackKind = "reversal"
	CallbackReversalTimeout CallbackKind = "reversal_timeout"
	CallbackC2B             CallbackKind = "c2b"
	// CallbackValidation is M-PESA's validation request before a payment. CallbackPull is an unreadable row of Pull
	// Transactions.
	CallbackValidation CallbackKind = "validation"
	CallbackPull       CallbackKind = "pull"
)

// tokens is where each kind's tokens are stored. The setting's name is [C2BToken]'s.
var tokens = map[CallbackKind]string{
	CallbackSTK:             `SELECT id, ticket_id FROM push_request WHERE callback_token = $1`,
	CallbackStatus:          `SELECT 0, 0 FROM question WHERE result_token = $1 AND kind = 'receipt'`,
	CallbackStatusTimeout:   `SELECT 0, 0 FROM question WHERE timeout_token = $1 AND kind = 'receipt'`,
	CallbackReversal:        `SELECT 0, 0 FROM question WHERE result_token = $1 AND kind = 'reversal'`,
	CallbackReversalTimeout: `SELECT 0, 0 FROM question WHERE timeout_token = $1 AND kind = 'reversal'`,
	CallbackC2B:             `SELECT 0, 0 FROM setting WHERE key = 'c2b.token' AND value = $1`,
	CallbackValidation:      `SELECT 0, 0 FROM setting WHERE key = 'c2b.token' AND value = $1`,
}

// TokenKind is the kind of callback that a token is for. ErrNotFound means that the token is unknown.
func (s Money) TokenKind(ctx context.Context, token string) (CallbackKind, error) {
	if token == "" || len(token) > 64 {
		return "", ErrNotFound
	}
	for _, kind := range []CallbackKind{CallbackSTK, CallbackC2B, CallbackStatus, CallbackStatusTimeout,
		CallbackReversal, CallbackReversalTimeout} {
		var push PushID
		var ticket TicketID
		err := s.readers.scan(ctx, []any{&push, &ticket}, tokens[kind], token)
		if err == nil || !errors.Is(err, ErrNotFound) {
			return kind, err
		}
	}
	if s.made(token) {
		return CallbackSTK, nil
	}
	return "", ErrNotFound
}

// NewCallback is a callback that has just arrived. Size exceeds the body's length where the body was cut.
type NewCallback struct {
	Kind          CallbackKind
	Token, Source string
	Body          []byte
	Size          int64
}

// C2BToken is the unguessable last segment of the C2B callback addresses, made at first use.
func (s Money) C2BToken(ctx context.Context) (string, error) {
	return s.Catalogue().SettingOr(ctx, "c2b.token", newSecret)
}

// StoreCallback stores a callback before it is applied. Known reports whether its token is one of ours, which the token
// of a push proves by itself, whether or not the push is in the books. Callbacks with an unknown token are cut to 4 KB;
// beyond 10,000 they are only counted, with a zero id.
func (s Money) StoreCallback(ctx context.Context, c NewCallback) (kept Callback, known bool, err error) {
	err = s.hooks.scan(ctx, []any{&kept.push, &kept.ticket}, tokens[c.Kind], c.Token)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return kept, false, fmt.Errorf("look for the token: %w", err)
	}
	known = err == nil && c.Token != "" || c.Kind == CallbackSTK && s.made(c.Token)
	lane := urgent
	if !known {
		lane = booking // a flood of unknown tokens must not delay Safaricom
		if s.unknownTokens.Add(1) > unknownLimit {
			return kept, false, nil
		}
		c.Body, c.Token = c.Body[:min(len(c.Body), unknownBodyLimit)], c.Token[:min(len(c.Token), 64)]
	}
	kept.Kind, kept.Token, kept.Body = c.Kind, strings.ToValidUTF8(strings.ReplaceAll(c.Token, "\x00", ""), ""), c.Body
	err = s.write(ctx, lane, func(t *tx) error {
		kept.ID = CallbackID(s.ids.next(s.now()))
		body, encoding := encodeBody(c.Body)
		var outcome, decided any
		if !known {
			outcome, decided = OutcomeUnknownToken, t.now
		}
		return t.run(`INSERT INTO callback (id, kind, token, known, source, body, encoding, size, received_at, outcome, decided_at)
			VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)`,
			kept.ID, c.Kind, kept.Token, flag(known), c.Source, body, encoding, c.Size, t.now, outcome, decided)
	})
	if err != nil {
		return kept, known, fmt.Errorf("keep callback: %w", err)
	}
	return kept, known, nil
}

// encodeBody keeps UTF-8 text as it is. Other bodies, and those with NUL, which PostgreSQL's TEXT refuses, become
// base64.
func encodeBody(body []byte) (text, encoding string) {
	if utf8.Valid(body) && !strings.ContainsRune(string(body), 0) {
		return string(body), "text"
	}
	return base64.StdEncoding.EncodeToString(body), "base64"
}

func decodeBody(text, encoding string) ([]byte, error) {
	if encoding == "base64" {
		return base64.StdEncoding.DecodeString(text)
	}
	return []byte(text), nil
}

// OpenCallbacks lists stored callbacks received before the instant and not yet applied, oldest first.
func (s Money) OpenCallbacks(ctx context.Context, before Instant, limit int) ([]Callback, error) {
	var rows []callbackRow
	err := s.list(ctx, &rows, `SELECT id, kind, token, body, encoding FROM callback WHERE outcome IS NULL AND received_at < $1 ORDER BY id LIMIT $2`, before, limit)
	if err != nil {
		return nil, fmt.Errorf("read open callbacks: %w", err)
	}
	return callbacks(rows)
}

type callbackRow struct {
	ID                    CallbackID
	Kind                  CallbackKind
	Token, Body, Encoding string
}

func callbacks(rows []callbackRow) ([]Callback, error) {
	cbs := make([]Callback, len(rows))
	for i, r := range rows {
		body, err := decodeBody(r.Body, r.Encoding)
		if err != nil {
			return nil, fmt.Errorf("callback %d: %w", r.ID, err)
		}
		cbs[i] = Callback{ID: r.ID, Kind: r.Kind, Token: r.Token, Body: body}
	}
	return cbs, nil
}

// UnknownTokens counts callbacks with an unknown token, stored and dropped.
func (s Money) UnknownTokens() int64 { return s.unknownTokens.Load() }

func (s *Store) countStrangers(ctx context.Context) error {
	var n int64
	if err := s.read(ctx, &n, `SELECT count(*) FROM callback WHERE known = 0`); err != nil {
		return fmt.Errorf("count unknown tokens: %w", err)
	}
	s.unknownTokens.Store(n)
	return nil
}
