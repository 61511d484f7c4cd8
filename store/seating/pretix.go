package seating

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// seatGap is how far apart seats are in pretix's plans, in pixels.
const seatGap = 30

type (
	pretixPlan struct {
		Name       string           `json:"name"`
		Zones      []pretixZone     `json:"zones"`
		Categories []pretixCategory `json:"categories"`
		Size       pretixSize       `json:"size"`
	}
	pretixSize struct {
		Width  int `json:"width"`
		Height int `json:"height"`
	}
	pretixPoint struct {
		X int `json:"x"`
		Y int `json:"y"`
	}
	pretixZone struct {
		Name     string       `json:"name"`
		Position pretixPoint  `json:"position"`
		Rows     []*pretixRow `json:"rows"`
	}
	pretixRow struct {
		Number   string       `json:"row_number"`
		Position pretixPoint  `json:"position"`
		Seats    []pretixSeat `json:"seats"`
	}
	pretixSeat struct {
		GUID     string      `json:"seat_guid"`
		Number   string      `json:"seat_number"`
		Position pretixPoint `json:"position"`
		Category string      `json:"category"`
	}
	pretixCategory struct {
		Name  string `json:"name"`
		Color string `json:"color"`
	}
)

// Pretix is the plan as JSON in pretix's open format 0.0.1. Its zones are the plan's sections, its categories the
// plan's zones, and a seat's identifier is its position, such as r4c12, so that a label may change. Kinds and notes
// have no place in it; house and broken seats are left out.
func (p *Plan) Pretix(name string) ([]byte, error) {
	out := pretixPlan{Name: name, Zones: []pretixZone{}, Categories: []pretixCategory{}}
	colours := []string{"#b3262e", "#7a5c00", "#1f5fa8", "#2d7a46", "#7f4a91", "#5a5a5a"}
	for i, z := range p.Zones {
		out.Categories = append(out.Categories, pretixCategory{z.Name, colours[i%len(colours)]})
	}
	y := 0
	for i, r := range p.Rows {
		y += r.Gap * seatGap
		if i == 0 || r.Section != p.Rows[i-1].Section {
			out.Zones = append(out.Zones, pretixZone{Name: r.Section, Rows: []*pretixRow{}})
		}
		row := &pretixRow{Number: r.Label, Position: pretixPoint{0, y}, Seats: []pretixSeat{}}
		for _, s := range p.Seats[r.From:r.To] {
			if s.Kind.ForSale() {
				row.Seats = append(row.Seats, pretixSeat{
					GUID: fmt.Sprintf("r%dc%d", s.Row, s.Col), Number: strconv.Itoa(s.Number),
					Position: pretixPoint{s.Col * seatGap, 0}, Category: s.Zone,
				})
			}
		}
		zone := &out.Zones[len(out.Zones)-1]
		zone.Rows = append(zone.Rows, row)
		y += seatGap
	}
	out.Size = pretixSize{p.Columns * seatGap, y}
	return json.MarshalIndent(out, "", "  ")
}
