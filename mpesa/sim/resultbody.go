package sim

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// param is one parameter of a result. Its value is JSON; an empty one is left out.
type param struct{ key, value string }

func quoted(text string) string { return string(appendQuoted(nil, text)) }

// whole is an amount as results have it: 300.00.
func whole(amount int) string { return strconv.Itoa(amount) + ".00" }

// resultBody is the body that is posted to ResultURL. A failure has no parameters (observed).
func resultBody(q *request, done outcome) []byte {
	code := done.code
	if !isNumber(code) || q.call.Shape == ShapeBare {
		code = quoted(code)
	}
	b := append([]byte(`{"Result":{"ResultType":0,"ResultCode":`), code...)
	b = append(append(b, `,"ResultDesc":`...), quoted(done.desc)...)
	b = append(append(b, `,"OriginatorConversationID":`...), quoted(q.OriginatorConversationID)...)
	b = append(append(b, `,"ConversationID":`...), quoted(q.ConversationID)...)
	b = append(append(b, `,"TransactionID":`...), quoted(done.receipt)...)
	if params := q.call.Shape.of(done.params); len(params) > 0 {
		b = append(b, `,"ResultParameters":{"ResultParameter":`...)
		b = append(appendParams(b, params, q.call.Shape != ShapeSingle), '}')
	}
	if len(done.references) > 0 {
		b = append(b, `,"ReferenceData":{"ReferenceItem":`...)
		b = append(appendParams(b, done.references, q.call.Shape == ShapeLists), '}')
	}
	return append(b, `}}`...)
}

// timeOutBody is the body that is posted to QueueTimeOutURL. Its shape is not established: this is a result that waits
// for further messages (ResultType 1).
func timeOutBody(q *request) []byte {
	b := []byte(`{"Result":{"ResultType":1,"ResultCode":1019,"ResultDesc":"Transaction has expired.",`)
	b = append(append(b, `"OriginatorConversationID":`...), quoted(q.OriginatorConversationID)...)
	b = append(append(b, `,"ConversationID":`...), quoted(q.ConversationID)...)
	b = append(append(b, `,"TransactionID":`...), quoted(q.Receipt)...)
	return append(b, `}}`...)
}

// appendParams appends a list of parameters, or the first alone.
func appendParams(b []byte, params []param, list bool) []byte {
	if !list {
		return appendParam(b, params[0])
	}
	for i, p := range params {
		b = appendParam(append(b, "[,"[min(i, 1)]), p)
	}
	return append(b, ']')
}

func appendParam(b []byte, p param) []byte {
	b = append(append(b, `{"Key":`...), quoted(p.key)...)
	if p.value != "" {
		b = append(append(b, `,"Value":`...), p.value...)
	}
	return append(b, '}')
}

// of is a result's parameters in this shape.
func (sh Shape) of(params []param) []param {
	shaped := slices.Clone(params)
	switch sh {
	case ShapeObserved, ShapeLists:
	case ShapeDocumented:
		for i, p := range shaped {
			if p.value != "" && p.value[0] != '"' {
				shaped[i].value = quoted(strings.TrimSuffix(p.value, ".00"))
			}
			if p.key == "CreditPartyName" {
				shaped[i].key = "DebitPartyName"
			}
		}
	case ShapeOld:
		slices.Reverse(shaped)
		spelt := strings.NewReplacer("ConversationID", "Conversation ID", "OriginatorConv", "Originator Conv",
			"FinalisedTime", "FinalizedTime")
		for i, p := range shaped {
			shaped[i] = param{spelt.Replace(p.key), strings.TrimSuffix(p.value, ".00")}
		}
	case ShapeSingle:
		i := slices.IndexFunc(shaped, func(p param) bool {
			return p.key == "ReceiptNo" || p.key == "OriginalTransactionID"
		})
		shaped = shaped[max(i, 0):min(max(i, 0)+1, len(shaped))]
	case ShapeBare:
		for i, p := range shaped {
			switch {
			case strings.HasSuffix(p.key, "Time"):
				shaped[i].value = dotted(p.value)
			case p.key == "Amount" || strings.Contains(p.key, "Party"):
				shaped[i].value = ""
			}
		}
	}
	return shaped
}

// dotted is a stamp in the third of Daraja's formats: 06.07.2024 22:48:52.
func dotted(stamp string) string {
	at, err := time.Parse("20060102150405", strings.Trim(stamp, `"`))
	if err != nil {
		return stamp
	}
	return quoted(at.Format("02.01.2006 15:04:05"))
}
