package words

import (
	"math"
	"testing"
	"time"
)

const (
	day  = 24 * time.Hour
	half = 30 * time.Second
)

func TestTimesLeft(t *testing.T) {
	w := New("en")
	for _, c := range []struct {
		d           time.Duration
		left, about string
	}{
		{-1, "—", "—"}, {math.MinInt64, "—", "—"}, {math.MaxInt64, "—", "—"}, {366 * day, "—", "—"},
		{0, "0 s", "a few seconds"}, {time.Millisecond, "1 s", "a few seconds"}, {9 * time.Second, "9 s", "a few seconds"},
		{9999 * time.Millisecond, "10 s", "about 10 seconds"}, {12 * time.Second, "10 s", "about 10 seconds"},
		{33 * time.Second, "35 s", "about 35 seconds"}, {57499 * time.Millisecond, "55 s", "about 55 seconds"},
		{57500 * time.Millisecond, "1 min", "about 1 minute"}, {4*time.Minute + 10*time.Second, "4 min", "about 4 minutes"},
		{9*time.Minute + half, "10 min", "about 10 minutes"}, {13 * time.Minute, "15 min", "about 15 minutes"}, {57 * time.Minute, "55 min", "about 55 minutes"},
		{58 * time.Minute, "1 h", "about 1 hour"}, {64 * time.Minute, "1 h", "about 1 hour"}, {80 * time.Minute, "1 h 20 min", "about 1 hour 20 minutes"},
		{595 * time.Minute, "10 h", "about 10 hours"}, {11*time.Hour + 20*time.Minute, "11 h", "about 11 hours"}, {11*time.Hour + 40*time.Minute, "12 h", "about 12 hours"},
		{23*time.Hour + 29*time.Minute, "23 h", "about 23 hours"}, {23*time.Hour + half*61, "1 day", "about 1 day"}, {35 * time.Hour, "1 day", "about 1 day"},
		{36 * time.Hour, "2 days", "about 2 days"}, {60 * time.Hour, "3 days", "about 3 days"}, {365 * day, "365 days", "about 365 days"},
	} {
		same(t, w.Left(c.d), c.left)
		same(t, w.About(c.d), c.about)
	}
}

// TestLeftNeverGrows: more time is never said to be less.
func TestLeftNeverGrows(t *testing.T) {
	size := func(s span) int { return s.seconds + 60*(s.minutes+60*(s.hours+24*s.days)) }
	last := 0
	for d := time.Duration(0); d < 80*time.Hour; d += 7 * time.Second {
		if n := size(rounded(d)); n < last {
			t.Fatalf("%v is said to be %+v, shorter than before", d, rounded(d))
		} else {
			last = n
		}
	}
}

func TestTimesInLanguages(t *testing.T) {
	d := 80 * time.Minute
	for tag, want := range map[string][4]string{
		"de": {"1_h 20_min", "etwa 1_Stunde 20_Minuten", "2_Tage", "1_h 20_min"},
		"fr": {"1_h 20_min", "environ 1_heure 20_minutes", "2_jours", "1_h 20_min"},
		"es": {"1_h 20_min", "alrededor de 1_hora y 20_minutos", "2_días", "1_h 20_min"},
		"pt": {"1_h 20_min", "cerca de 1_hora e 20_minutos", "2_dias", "1_h 20_min"},
		"ja": {"1時間20分", "約1時間20分", "2日", "1時間20分"},
		"zh": {"1 小时 20 分", "约 1 小时 20 分钟", "2 天", "1 小时 20 分"},
	} {
		w := New(tag)
		same(t, w.Left(d), want[0])
		same(t, w.About(d), want[1])
		same(t, w.Left(2*day), want[2])
		same(t, w.Took(d), want[3])
	}
}

func TestTook(t *testing.T) {
	w := New("en")
	for d, want := range map[time.Duration]string{
		-1: "—", math.MaxInt64: "—", 0: "0.0 s", 1240 * time.Millisecond: "1.2 s", 59949 * time.Millisecond: "59.9 s", 59950 * time.Millisecond: "1 min 0 s",
		200 * time.Second: "3 min 20 s", time.Hour - time.Second: "59 min 59 s", time.Hour - time.Millisecond: "1 h 0 min",
		75 * time.Hour: "75 h 0 min", 50000 * time.Hour: "50,000 h 0 min",
	} {
		same(t, w.Took(d), want)
	}
	same(t, New("de").Took(1240*time.Millisecond), "1,2_s")
}

func TestDates(t *testing.T) {
	at := time.Date(2026, 3, 1, 7, 5, 59, 0, time.Local)
	for tag, want := range map[string][2]string{
		"en": {"22 Nov 2026", "1 Mar 2026, 07:05"}, "de": {"22. Nov. 2026", "1. März 2026, 07:05"}, "fr": {"22 nov. 2026", "1er mars 2026 à 07:05"},
		"es": {"22 nov 2026", "1 mar 2026, 07:05"}, "pt": {"22 de nov. de 2026", "1º de mar. de 2026, 07:05"},
		"ja": {"2026年11月22日", "2026年3月1日 07:05"}, "zh": {"2026年11月22日", "2026年3月1日 07:05"},
	} {
		w := New(tag)
		same(t, w.Date(time.Date(2026, 11, 22, 23, 59, 0, 0, time.Local)), want[0])
		same(t, w.Time(at), want[1])
		same(t, w.TimeOfDay(at), "07:05")
		same(t, w.Date(time.Time{}), "—")
		same(t, w.Time(time.Time{}), "—")
		same(t, w.TimeOfDay(time.Time{}), "—")
		same(t, w.Date(time.Date(-3, 1, 1, 0, 0, 0, 0, time.UTC)), "—")
		same(t, w.Time(time.Unix(1<<55, 0)), "—")
	}
	w := New("en")
	for d, want := range map[time.Duration]string{0: "00:00", 7*time.Hour + 5*time.Minute: "07:05", day - 1: "23:59", day: "—", -1: "—"} {
		same(t, w.Clock(d), want)
	}
}

func TestAgo(t *testing.T) {
	w, now := New("en"), time.Date(2026, 3, 1, 0, 10, 0, 0, time.Local)
	for _, c := range []struct {
		t    time.Time
		want string
	}{
		{now, "today"}, {now.Add(5 * time.Hour), "today"}, {now.Add(-20 * time.Minute), "yesterday"}, {now.AddDate(0, 0, -2), "2 days ago"},
		{now.AddDate(0, 0, -13), "13 days ago"}, {now.AddDate(0, 0, -14), "2 weeks ago"}, {now.AddDate(0, 0, -60), "8 weeks ago"},
		{now.AddDate(0, 0, -61), "2 months ago"}, {now.AddDate(-1, 0, 0), "12 months ago"}, {now.AddDate(0, 0, -729), "23 months ago"},
		{now.AddDate(-2, 0, 0), "2 years ago"}, {now.AddDate(-10, 0, 0), "10 years ago"},
		{now.AddDate(0, 0, 1), "—"}, {time.Time{}, "—"}, {now.AddDate(-1000, 0, 0), "—"},
	} {
		same(t, w.Ago(c.t, now), c.want)
	}
	then := now.AddDate(0, 0, -3)
	for tag, want := range map[string]string{"de": "vor 3_Tagen", "fr": "il y a 3_jours", "es": "hace 3_días", "pt": "há 3_dias", "ja": "3日前", "zh": "3 天前"} {
		same(t, New(tag).Ago(then, now), want)
	}
}
