package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	oldRoute   = "MRID-73af1c52-8d0e-4b7f-9a35-2f6e1d90c4b8"
	newRoute   = "MRID-0b5f4c3a-9d7e-4f58-92be-d07c15a8e364"
	voiceRoute = "CRID-4e1d7b90-6a3c-4f58-92be-d07c15a8e364"
)

// number is the i-th of them.
func number(i int) string { return fmt.Sprintf("+1%d", 2012000000+i) }

// token is as long as the vendor's.
func token() string { return strings.Repeat("canned0123456789", 20) }

// update is what the peers send for a row.
type update struct {
	Number         string
	MessageEnabled bool
	MessageRouteId string
}

// write writes a file of so many rows into the bench's folder.
func (b *bench) write(name, header string, rows int, row func(i int) string) (path string, err error) {
	path = filepath.Join(b.dir, name)
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	w := bufio.NewWriter(f)
	_, err = w.WriteString(header)
	for i := 0; i < rows && err == nil; i++ {
		_, err = w.WriteString(row(i))
	}
	return path, cmp.Or(err, w.Flush(), f.Close())
}

// rows are what is sent: a CSV file of so many rows.
func (b *bench) rows(n int) (path string, err error) {
	return b.write(fmt.Sprintf("rows-%d.csv", n), "Number,MessageEnabled,MessageRouteId\n", n, func(i int) string {
		return fmt.Sprintf("%s,true,%s\n", number(i), newRoute)
	})
}

// targets are the same rows for vegeta.
func (b *bench) targets(n int, url string) (path string, err error) {
	return b.write("targets.json", "", n, func(i int) string {
		body, _ := json.Marshal(update{number(i), true, newRoute})
		target, _ := json.Marshal(map[string]any{
			"method": "POST", "url": url + "/v1.0/numbers/update", "body": body,
			"header": map[string][]string{"Authorization": {"Bearer " + token()}, "Content-Type": {"application/json"}},
		})
		return fmt.Sprintf("%s\n", target)
	})
}

// wideCSV and wideJSONL are files of 12 columns.
func (b *bench) wideCSV(n int) (path string, err error) {
	const header = "Number,MessageEnabled,VoiceEnabled,MessageType,Classification,MessageRouteId,VoiceRouteId," +
		"AssignedSubscriberId,Iccid,CnamFirstName,CnamLastName,ProductType\n"
	return b.write("wide.csv", header, n, func(i int) string {
		return fmt.Sprintf("%s,true,true,a2p,MVNO,%s,%s,,,Bob's,Shake Bar,\n", number(i), newRoute, voiceRoute)
	})
}

func (b *bench) wideJSONL(n int) (path string, err error) {
	return b.write("wide.jsonl", "", n, func(i int) string {
		return fmt.Sprintf(`{"Number":"%s","MessageEnabled":true,"VoiceEnabled":true,"MessageType":"a2p","Classification":"MVNO",`+
			`"MessageRouteId":"%s","VoiceRouteId":"%s","AssignedSubscriberId":null,"Iccid":null,"CnamFirstName":"Bob's",`+
			`"CnamLastName":"Shake Bar","ProductType":null}`+"\n", number(i), newRoute, voiceRoute)
	})
}
