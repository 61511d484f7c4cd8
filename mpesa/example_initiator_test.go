package mpesa_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"cinemasphere/mpesa"
)

// clientOf makes a client of a stand-in for Daraja that answers every call alike.
func clientOf(answer string) (*mpesa.Client, func()) {
	daraja := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/oauth/") {
			io.WriteString(w, `{"access_token":"c9SQxWWhmdVRlyh0zh8gZDTkubVF","expires_in":"3599"}`)
			return
		}
		io.WriteString(w, answer)
	}))
	client, err := mpesa.New(mpesa.Config{
		BaseURL: daraja.URL, ConsumerKey: "key", ConsumerSecret: "secret", Passkey: "passkey", Shortcode: "600310",
		InitiatorName: "apiop37", SecurityCredential: "c2VhbGVk", // see SecurityCredential
	})
	if err != nil {
		panic(err)
	}
	return client, daraja.Close
}

const taken = `{"OriginatorConversationID":"f1e2-4b95","ConversationID":"AG_20210706_20106e9209f64bebd05b",` +
	`"ResponseCode":"0","ResponseDescription":"Accept the service request successfully."}`

func ExampleSecurityCredential() {
	certificate, err := os.ReadFile("ProductionCertificate.cer")
	if err != nil {
		fmt.Println(err)
		return
	}
	credential, err := mpesa.SecurityCredential(os.Getenv("INITIATOR_PASSWORD"), certificate, rand.Reader)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = mpesa.New(mpesa.Config{
		BaseURL: mpesa.Production, ConsumerKey: "key", ConsumerSecret: "secret", Passkey: "passkey",
		Shortcode: "600310", InitiatorName: "apiop37", SecurityCredential: credential,
	})
	fmt.Println(err)
}

func ExampleClient_TransactionStatus() {
	client, done := clientOf(taken)
	defer done()

	receipt, ok := mpesa.ParseReceipt("TAH5J2K991 Confirmed. Ksh1,350.00 sent to CINEMA ...")
	if !ok {
		fmt.Println("type the ten letters and digits that the message begins with")
		return
	}
	ack, err := client.TransactionStatus(context.Background(), mpesa.StatusRequest{
		Receipt:   receipt,
		ResultURL: "https://cinema.co.ke/result/unguessable", TimeoutURL: "https://cinema.co.ke/timeout/unguessable",
	})
	if err != nil {
		fmt.Println("nothing learnt:", err)
		return
	}
	fmt.Println("asked about", receipt, "in", ack.ConversationID)
	// Output: asked about TAH5J2K991 in AG_20210706_20106e9209f64bebd05b
}

func ExampleClient_Reverse() {
	client, done := clientOf(taken)
	defer done()

	ack, err := client.Reverse(context.Background(), mpesa.ReversalRequest{
		Receipt: "SKC82PACB8", Amount: 1350,
		ResultURL: "https://cinema.co.ke/result/unguessable", TimeoutURL: "https://cinema.co.ke/timeout/unguessable",
		Remarks: "Screening cancelled",
	})
	switch {
	case mpesa.MayHaveSent(err):
		fmt.Println("M-PESA may be at it: await the result")
	case err != nil:
		fmt.Println("not reversed:", err)
	default:
		fmt.Println("taken, not yet done:", ack.ConversationID)
	}
	// Output: taken, not yet done: AG_20210706_20106e9209f64bebd05b
}

func ExampleParseResult() {
	for _, body := range []string{
		`{"Result":{"ResultType":0,"ResultCode":0,"ConversationID":"AG_1","TransactionID":"SKE52PAWR9",
		"ResultParameters":{"ResultParameter":[{"Key":"Amount","Value":1350.00},
		{"Key":"TransCompletedTime","Value":20211114132711},{"Key":"OriginalTransactionID","Value":"SKC82PACB8"},
		{"Key":"CreditPartyPublicName","Value":"254708374149 - JOHN DOE"}]}}}`,
		`{"Result":{"ResultType":0,"ResultCode":"R000001","ConversationID":"AG_2","TransactionID":"SKE0000000"}}`,
	} {
		result, err := mpesa.ParseResult([]byte(body))
		if err != nil {
			fmt.Println(err)
			return
		}
		if reversal, done := result.Reversal(); done {
			fmt.Println(reversal.Original, "was reversed by", reversal.Receipt, reversal.Amount, "cents to",
				reversal.Credit.Name)
			continue
		}
		fmt.Println(result.Verdict().Outcome+":", result.Verdict().Operator)
	}
	// Output:
	// SKC82PACB8 was reversed by SKE52PAWR9 135000 cents to JOHN DOE
	// already_reversed: This payment has been reversed before (documented).
}

func ExampleAsyncResult_Transaction() {
	result, err := mpesa.ParseResult([]byte(`{"Result":{"ResultType":0,"ResultCode":0,"ConversationID":"AG_1",
		"TransactionID":"TAH0000000","ResultParameters":{"ResultParameter":[
		{"Key":"DebitPartyName","Value":"2547*****149 - JOHN DOE"},
		{"Key":"CreditPartyName","Value":"600310 - CINEMA"},{"Key":"TransactionStatus","Value":"Completed"},
		{"Key":"FinalisedTime","Value":20250117170614},{"Key":"Amount","Value":1350.00},
		{"Key":"ReceiptNo","Value":"TAH5J2K991"}]}}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	paid, answered := result.Transaction()
	if !answered {
		fmt.Println("nothing learnt:", result.Verdict().Operator)
		return
	}
	fmt.Println(paid.State == mpesa.StateCompleted, paid.Receipt, paid.Amount, "cents to", paid.Credit.Number, "at",
		paid.FinalisedAt)
	fmt.Println("from", paid.Debit.Number)
	// Output:
	// true TAH5J2K991 135000 cents to 600310 at 2025-01-17 17:06:14 +0300 EAT
	// from 2547*****149
}

func ExampleClient_RegisterURLs() {
	client, done := clientOf(
		`{"requestId":"1c5b-4ba8","errorCode":"500.003.1001","errorMessage":"Urls are already registered"}`)
	defer done()

	_, err := client.RegisterURLs(context.Background(), mpesa.URLRegistration{
		ResponseType: mpesa.CompleteUnvalidated, ConfirmationURL: "https://cinema.co.ke/confirm/unguessable",
		ValidationURL: "https://cinema.co.ke/validate/unguessable",
	})
	fmt.Println(errors.Is(err, mpesa.ErrAlreadyRegistered))
	// Output: true
}

func ExampleParseC2B() {
	payment, err := mpesa.ParseC2B([]byte(`{"TransactionType":"Pay Bill","TransID":"RKL51ZDR4F",
		"TransTime":"20231121121325","TransAmount":"1350.00","BusinessShortCode":"600966","BillRefNumber":"b7k2m9",
		"OrgAccountBalance":"2500.00","MSISDN":"2547 ***** 149","FirstName":"NICHOLAS"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(payment.Receipt, payment.Amount, "cents for", payment.BillReference, "at", payment.TransactedAt)
	if payment.Amount != 135000 {
		fmt.Println(mpesa.C2BRejected(mpesa.RejectAmount))
		return
	}
	fmt.Println(mpesa.C2BAccepted)
	// Output:
	// RKL51ZDR4F 135000 cents for b7k2m9 at 2023-11-21 12:13:25 +0300 EAT
	// {"ResultCode":"0","ResultDesc":"Accepted"}
}

func ExampleClient_PullTransactions() {
	client, done := clientOf(`{"ResponseCode":"1001","ResponseMessage":"No transactions","Response":[[]]}`)
	defer done()

	now := time.Now()
	query := mpesa.PullQuery{From: now.Add(-48 * time.Hour), To: now}
	for {
		page, err := client.PullTransactions(context.Background(), query)
		if err != nil {
			fmt.Println("nothing learnt:", err)
			return
		}
		for _, found := range page.Transactions {
			fmt.Println(found.Receipt, found.Amount, found.BillReference)
		}
		if page.NextOffset == query.Offset {
			break
		}
		query.Offset = page.NextOffset
	}
	fmt.Println("no more")
	// Output: no more
}

func ExampleParseReceipt() {
	fmt.Println(mpesa.ParseReceipt(" uj22t8iyou "))
	fmt.Println(mpesa.ParseReceipt(
		"UJ22T8IYOU Confirmed. Ksh1,350.00 sent to CINEMA for account B7K2M9 on 2/10/26 at 7:03 PM."))
	fmt.Println(mpesa.ParseReceipt("I paid from 0708374149"))
	// Output:
	// UJ22T8IYOU true
	// UJ22T8IYOU true
	//  false
}

func ExampleClassifyResult() {
	for _, code := range []mpesa.Code{"0", "R000001", "1", "26", "7777"} {
		verdict := mpesa.ClassifyResult(code)
		fmt.Println(verdict.Code, verdict.Outcome, verdict.Reason)
	}
	// Output:
	// 0 done done
	// R000001 already_reversed already_reversed
	// 1 refused no_funds
	// 26 try_again busy
	// 7777 unknown unknown
}
