package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"grove/app"
	"grove/cmd/internal/spell"
)

// A setting is named as it is in the JSON form of app.Settings, groups and
// names with dots between them: network.dht.prefix. Which settings there are
// follows from the type alone.
type setting struct {
	name string
	at   []int // of the field, for reflect.Value.FieldByIndex
	typ  reflect.Type
}

var timetableType = reflect.TypeFor[app.Timetable]()

// rates are the settings that are bytes a second; every other int64 is bytes.
var rates = []string{"down", "up"}

// allSettings lists every setting in the order of the type.
func allSettings() []setting { return settingsOf(reflect.TypeFor[app.Settings](), "", nil) }

func settingsOf(t reflect.Type, group string, at []int) (all []setting) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		s := setting{group + tag, append(slices.Clone(at), i), f.Type}
		if f.Type.Kind() == reflect.Struct {
			all = append(all, settingsOf(f.Type, s.name+".", s.at)...)
			continue
		}
		all = append(all, s)
	}
	return all
}

// findSetting is the setting called name; BadInput, with those that may be
// meant, where there is none.
func findSetting(name string) (setting, error) {
	all := allSettings()
	if i := slices.IndexFunc(all, func(s setting) bool { return s.name == name }); i >= 0 {
		return all[i], nil
	}
	var names []string
	for _, s := range all {
		names = append(names, s.name)
	}
	what := fmt.Sprintf("There is no setting %q", name)
	if near := nearest(name, names); len(near) > 0 {
		what += "; there is " + strings.Join(near, ", ")
	}
	return setting{}, app.NewProblem(app.BadInput, what, errors.New("grove config lists them all"))
}

// nearest are the names that may be meant by name: those that have it in them,
// else the few that take the fewest changes.
func nearest(name string, names []string) []string {
	name = strings.ToLower(strings.ReplaceAll(strings.Trim(name, "."), "-", "_"))
	var in []string
	for _, n := range names {
		if name != "" && strings.Contains("."+n+".", "."+name+".") {
			in = append(in, n)
		}
	}
	if len(in) > 0 {
		return in
	}
	// A third of the letters may be wrong; with more it is another word.
	best := max(2, len(name)/3) + 1
	for _, n := range names {
		d := min(spell.Distance(name, n), spell.Distance(name, n[strings.LastIndexByte(n, '.')+1:])+1)
		switch {
		case d < best:
			best, in = d, []string{n}
		case d == best && len(in) > 0 && len(in) < 3:
			in = append(in, n)
		}
	}
	return in
}

func (s setting) of(set *app.Settings) reflect.Value {
	return reflect.ValueOf(set).Elem().FieldByIndex(s.at)
}

func (s setting) isRate() bool { return slices.Contains(rates, s.name) }

// json is the value as it is stored. What is left out there is shown all the
// same.
func (s setting) json(set *app.Settings) json.RawMessage {
	v := s.of(set)
	if v.Kind() == reflect.Slice && v.IsNil() {
		return json.RawMessage("[]")
	}
	b, err := json.Marshal(v.Interface())
	if err != nil { // not reached: nothing in app.Settings refuses to be written
		return json.RawMessage("null")
	}
	return b
}

// isDefault reports whether the value is that of a new data folder.
func (s setting) isDefault(set *app.Settings) bool {
	d := app.DefaultSettings()
	return string(s.json(set)) == string(s.json(&d))
}

// words are the value as config set takes it back, one word an element of a
// list.
func (s setting) words(set *app.Settings) []string {
	switch v := s.of(set).Interface().(type) {
	case bool:
		return []string{onOff(v)}
	case int64:
		return []string{amountText(v, s.isRate())}
	case app.Timetable:
		return strings.Fields(v.String())
	case app.Policy:
		return []string{policyWord(v)}
	case []string:
		return v
	case string:
		if v == "" {
			return nil
		}
		return []string{v}
	case float64:
		return []string{strconv.FormatFloat(v, 'g', -1, 64)}
	default:
		return []string{fmt.Sprint(v)}
	}
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// amountUnits are the decimal endings of amounts, the largest first.
var amountUnits = []struct {
	bytes      int64
	rate, size string
}{{1e9, "G", "GB"}, {1e6, "M", "MB"}, {1e3, "k", "kB"}, {1, "", ""}}

// amountText is exact, so that nothing is lost by showing and setting again.
func amountText(n int64, rate bool) string {
	if n == 0 && rate {
		return "off"
	}
	for _, u := range amountUnits {
		if n == 0 || n%u.bytes != 0 {
			continue
		}
		if rate {
			return strconv.FormatInt(n/u.bytes, 10) + u.rate
		}
		return strconv.FormatInt(n/u.bytes, 10) + u.size
	}
	return strconv.FormatInt(n, 10)
}

// put reads words into the setting; BadInput where they cannot be read. What
// the value may be, Settings.Check says.
func (s setting) put(set *app.Settings, words []string) error {
	v := s.of(set)
	switch {
	case s.typ == timetableType:
		t, err := app.ParseTimetable(strings.Join(words, " "))
		if err == nil {
			v.Set(reflect.ValueOf(t))
		}
		return err
	case s.typ.Kind() == reflect.Slice:
		words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == "" })
		v.Set(reflect.ValueOf(words))
		return nil
	case len(words) != 1:
		return s.bad("is one value, not %d", len(words))
	}
	return s.putOne(v, words[0])
}

func (s setting) putOne(v reflect.Value, word string) error {
	if s.typ == policyType {
		p, ok := readPolicy(word)
		if !ok {
			return s.bad("is fast, thrifty or publisher, not %q", word)
		}
		v.Set(reflect.ValueOf(p))
		return nil
	}
	switch s.typ.Kind() {
	case reflect.String:
		v.SetString(word)
	case reflect.Bool:
		on, ok := map[string]bool{"on": true, "yes": true, "true": true, "off": false, "no": false, "false": false}[strings.ToLower(word)]
		if !ok {
			return s.bad("is on or off, not %q", word)
		}
		v.SetBool(on)
	case reflect.Int64:
		n, err := readAmount(word, s.isRate())
		if err != nil {
			return s.bad("%s", err)
		}
		v.SetInt(n)
	case reflect.Int:
		n, err := strconv.Atoi(word)
		if err != nil {
			return s.bad("is a whole number, not %q", word)
		}
		v.SetInt(int64(n))
	case reflect.Float64:
		n, err := strconv.ParseFloat(word, 64)
		if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
			return s.bad("is a number, not %q", word)
		}
		v.SetFloat(n)
	default:
		return app.NewProblem(app.Internal, "the setting "+s.name, errors.New("of a kind that nothing reads"))
	}
	return nil
}

func (s setting) bad(format string, args ...any) error {
	return app.NewProblem(app.BadInput, s.name+" "+fmt.Sprintf(format, args...), nil)
}

// readAmount reads a rate (5M, 20Mbit, off) or a size (20GB, 4Gi, 0).
func readAmount(word string, rate bool) (int64, error) {
	if word == "0" || rate && word == "off" {
		return 0, nil
	}
	if rate {
		if n, err := parseRate(word); err == nil {
			return n, nil
		}
		return 0, fmt.Errorf("is bytes a second such as 5M, bits such as 20Mbit, or off, not %q", word)
	}
	n, err := parseSize(word)
	if err != nil {
		return 0, fmt.Errorf("is bytes such as 20GB, or 0, not %q", word)
	}
	return n, nil
}

// sizeFactors are the prefixes of a size: k, M, G and T are decimal, Ki to Ti
// binary.
var sizeFactors = []struct {
	prefix string
	factor float64
}{{"ki", 1 << 10}, {"mi", 1 << 20}, {"gi", 1 << 30}, {"ti", 1 << 40}, {"k", 1e3}, {"m", 1e6}, {"g", 1e9}, {"t", 1e12}, {"", 1}}

// parseSize reads a size such as 20GB, 1.5T or 4GiB and returns whole bytes.
func parseSize(word string) (int64, error) {
	text := strings.ToLower(strings.TrimSuffix(strings.TrimSpace(word), "B"))
	for _, f := range sizeFactors {
		digits, ok := strings.CutSuffix(text, f.prefix)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(digits, 64)
		if n = math.Round(n * f.factor); err != nil || strings.Trim(digits, "0123456789.") != "" || n > 1<<60 {
			break
		}
		return int64(n), nil
	}
	return 0, errors.New("not a size")
}
