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
	strangerBodyLimit = 4 << 10
	strangerLimit     = 10_000
)

// Callback is a callback as it came.
type Callback struct {
	ID    CallbackID
	Kind  CallbackKind
	Token string
	Body  []byte

	push   PushID   // that the token is of, where it was looked up a moment ago
	ticket TicketID // the push's
}

// CallbackKind is what M-PESA speaks of in a callback.
type CallbackKind string

// What M-PESA sends: the verdict on a push; the result of Transaction Status or of a Reversal, or that it timed out
// there; and a payment that was made without a push of ours, or is the echo of one.
const (
	CallbackSTK             CallbackKind = "stk"
	CallbackStatus          CallbackKind = "status"
	CallbackStatusTimeout   CallbackKind = "status_timeout"
	CallbackReversal        CallbackKind = "reversal"
	CallbackReversalTimeout CallbackKind = "reversal_timeout"
	CallbackC2B             CallbackKind = "c2b"
	// CallbackValidation is the question before a payment, CallbackPull a row of M-PESA's own list that could not be
	// read.
	CallbackValidation CallbackKind = "validation"
	CallbackPull       CallbackKind = "pull"
)

// tokens is where each kind's tokens are. The name of the setting is [C2BToken]'s.
var tokens = map[CallbackKind]string{
	CallbackSTK:             `SELECT id, ticket_id FROM push_request WHERE callback_token = $1`,
	CallbackStatus:          `SELECT 0, 0 FROM question WHERE result_token = $1 AND kind = 'receipt'`,
	CallbackStatusTimeout:   `SELECT 0, 0 FROM question WHERE timeout_token = $1 AND kind = 'receipt'`,
	CallbackReversal:        `SELECT 0, 0 FROM question WHERE result_token = $1 AND kind = 'reversal'`,
	CallbackReversalTimeout: `SELECT 0, 0 FROM question WHERE timeout_token = $1 AND kind = 'reversal'`,
	CallbackC2B:             `SELECT 0, 0 FROM setting WHERE key = 'c2b.token' AND value = $1`,
	CallbackValidation:      `SELECT 0, 0 FROM setting WHERE key = 'c2b.token' AND value = $1`,
}

// TokenKind says of which kind of callback a token of ours is. ErrNotFound means that it is none of ours.
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
	return "", ErrNotFound
}

// NewCallback is a callback that has just arrived. Size may be more than the body's length where the body was cut off.
type NewCallback struct {
	Kind          CallbackKind
	Token, Source string
	Body          []byte
	Size          int64
}

// C2BToken is the unguessable last segment of the addresses that C2B confirmations are sent to, made at first use.
func (s Money) C2BToken(ctx context.Context) (string, error) {
	return s.Catalogue().SettingOr(ctx, "c2b.token", newSecret)
}

// StoreCallback writes a callback down before anything is made of it. Known says that its token is one of ours; a
// stranger's is kept within limits, cut to 4 KB, and beyond 10,000 only counted, with a zero id.
func (s Money) StoreCallback(ctx context.Context, c NewCallback) (kept Callback, known bool, err error) {
	err = s.hooks.scan(ctx, []any{&kept.push, &kept.ticket}, tokens[c.Kind], c.Token)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return kept, false, fmt.Errorf("look for the token: %w", err)
	}
	known = err == nil && c.Token != ""
	lane := urgent
	if !known {
		lane = booking // a flood of strangers must not hold Safaricom up
		if s.unknownTokens.Add(1) > strangerLimit {
			return kept, false, nil
		}
		c.Body, c.Token = c.Body[:min(len(c.Body), strangerBodyLimit)], c.Token[:min(len(c.Token), 64)]
	}
	kept.Kind, kept.Token, kept.Body = c.Kind, strings.ToValidUTF8(strings.ReplaceAll(c.Token, "\x00", ""), ""), c.Body
	err = s.write(ctx, lane, func(t *tx) error {
		kept.ID = CallbackID(s.ids.next(s.now()))
		body, encoding := encodeBody(c.Body)
		var outcome, decided any
		if !known {
			outcome, decided = OutcomeUnknownToken, t.now
		}
		_, err := t.exec(`INSERT INTO callback (id, kind, token, known, source, body, encoding, size, received_at, outcome, decided_at)
			VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)`,
			kept.ID, c.Kind, kept.Token, flag(known), c.Source, body, encoding, c.Size, t.now, outcome, decided)
		return err
	})
	if err != nil {
		return kept, known, fmt.Errorf("keep callback: %w", err)
	}
	return kept, known, nil
}

// encodeBody keeps text as text; what is not UTF-8, or holds the NUL that PostgreSQL's TEXT refuses, becomes base64.
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

// OpenCallbacks are kept callbacks that nothing has been made of yet, oldest first, received before the instant.
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

// Strangers says how many callbacks came with a token that is not ours, kept and only counted.
func (s Money) UnknownTokens() int64 { return s.unknownTokens.Load() }

func (s *Store) countStrangers(ctx context.Context) error {
	var n int64
	if err := s.read(ctx, &n, `SELECT count(*) FROM callback WHERE known = 0`); err != nil {
		return fmt.Errorf("count strangers: %w", err)
	}
	s.unknownTokens.Store(n)
	return nil
}
