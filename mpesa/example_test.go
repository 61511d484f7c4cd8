package mpesa_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"cinemasphere/mpesa"
)

// standIn answers as Daraja does, so that the example runs anywhere.
func standIn() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/oauth/"):
			io.WriteString(w, `{"access_token":"c9SQxWWhmdVRlyh0zh8gZDTkubVF","expires_in":"3599"}`)
		case strings.HasPrefix(r.URL.Path, "/mpesa/stkpush/"):
			io.WriteString(w,
				`{"MerchantRequestID":"2654-4b64","CheckoutRequestID":"ws_CO_1","ResponseCode":"0",`+
					`"ResponseDescription":"Success"}`)
		default:
			io.WriteString(w,
				`{"ResponseCode":"0","MerchantRequestID":"2654-4b64","CheckoutRequestID":"ws_CO_1",`+
					`"ResultCode":"1032","ResultDesc":"Request cancelled by user"}`)
		}
	}))
}

func ExampleClient() {
	daraja := standIn()
	defer daraja.Close()

	client, err := mpesa.New(mpesa.Config{
		BaseURL:        daraja.URL, // or mpesa.Sandbox, mpesa.Production
		ConsumerKey:    "key",
		ConsumerSecret: "secret",
		Passkey:        "passkey",
		Shortcode:      "174379",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	phone, err := mpesa.ParseMSISDN("0708 374 149")
	if err != nil {
		fmt.Println(err)
		return
	}
	answer, err := client.STKPush(context.Background(), mpesa.Push{
		Amount: 1350, Phone: phone, CallbackURL: "https://cinema.example/cb/unguessable",
		Reference: "B7K2M9", Description: "2 tickets",
	})
	if mpesa.MayHaveSent(err) {
		fmt.Println("a prompt may be on the phone: wait for the callback, do not push again")
		return
	}
	if err != nil {
		fmt.Println("no prompt went out:", err)
		return
	}
	result, err := client.STKQuery(context.Background(), answer.CheckoutRequestID)
	if err != nil {
		fmt.Println("nothing learnt:", err)
		return
	}
	fmt.Println(result.Class, result.ResultCode)
	// Output: final_failure 1032
}

func ExampleParseCallback() {
	body := `{"Body":{"stkCallback":{"MerchantRequestID":"19918-3028728-2","CheckoutRequestID":"ws_CO_1","ResultCode":0,
		"ResultDesc":"The service request is processed successfully.","CallbackMetadata":{"Item":[
		{"Name":"Amount","Value":1350.00},{"Name":"MpesaReceiptNumber","Value":"NCB9FJNAIT"},{"Name":"Balance"},
		{"Name":"TransactionDate","Value":20190311122121},{"Name":"PhoneNumber","Value":254708374149}]}}}}`
	callback, err := mpesa.ParseCallback([]byte(body))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(mpesa.Classify(callback.Code).Class, callback.Receipt, callback.Amount, "cents")
	fmt.Println(callback.TransactedAt)
	// Output:
	// paid NCB9FJNAIT 135000 cents
	// 2019-03-11 12:21:21 +0300 EAT
}

func ExampleParseMSISDN() {
	phone, err := mpesa.ParseMSISDN("+254 712-345-678")
	fmt.Println(string(phone), phone.Local(), phone.Masked(), err)
	_, err = mpesa.ParseMSISDN("020 123 4567")
	fmt.Println(errors.Is(err, mpesa.ErrMSISDN), err)
	// Output:
	// 254712345678 0712 345 678 2547*****678 <nil>
	// true not a Kenyan mobile number: it is a landline
}

func ExampleClassify() {
	for _, code := range []mpesa.Code{"2001", "1037", "7777"} {
		result := mpesa.Classify(code)
		fmt.Println(result.Code, result.Class, result.Reason)
	}
	fmt.Println(mpesa.Classify("2001").Sentence)
	// Output:
	// 2001 final_failure wrong_pin
	// 1037 soft_failure timeout
	// 7777 unknown unknown
	// The M-PESA PIN was wrong. You have not been charged.
}
