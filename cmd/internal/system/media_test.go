package system

import (
	"strings"
	"testing"
)

func TestCanOpen(t *testing.T) {
	for _, name := range []string{
		"film.mp4", "FILM.MP4", "Film.Mkv", "a.b.c.webm", "/home/u/Downloads/film.mov", "dir/film.avi", "setup.exe.mp4",
		"sound.mp3", "sound.flac", "picture.jpeg", "picture.JPG", "picture.png", "picture.heic", "film.de.srt", "film.vtt", "film.ass",
		"stream.ts", "漢字.mp4", "a$(calc).mp4", "it's.mp4", "-film.mp4", "cons.mp4", "comic.mp4",
	} {
		if !CanOpen(name) {
			t.Errorf("%q cannot be opened", name)
		}
	}
	for _, name := range []string{
		"", ".", "..", "/", "mp4", ".mp4", "film", "film.",
		// Programs and scripts of every system.
		"a.exe", "a.EXE", "film.mp4.exe", "film.mp4.com", "a.scr", "a.bat", "a.cmd", "a.ps1", "a.vbs", "a.js", "a.msi", "a.lnk", "a.url", "a.pif", "a.hta",
		"a.sh", "a.py", "a.run", "a.AppImage", "a.desktop", "a.jar", "a.app", "a.command", "a.dmg", "a.pkg", "a.deb", "a.apk",
		// What can do things when it is shown, and what holds anything.
		"a.html", "a.htm", "a.xhtml", "a.svg", "a.svgz", "a.pdf", "a.xml", "a.swf", "a.docm", "a.docx", "a.odt", "a.rtf", "a.txt", "a.md", "a.epub",
		"a.zip", "a.7z", "a.rar", "a.tar", "a.gz", "a.iso", "a.grove", "a.torrent",
		// Films and lists that fetch or run something.
		"a.wmv", "a.asf", "a.wma", "a.m3u", "a.m3u8", "a.pls", "a.xspf", "a.smi", "a.sub", "a.ps",
		// Tricks with names.
		"film.mp4.", "film.mp4 ", "film.mp4. ", "film.mp4\x00", "film.exe\x00.mp4", "film\n.mp4", "film.mp4\n", "film.mp4::$DATA", "film.exe:a.mp4", "film.mp4:evil.exe",
		"CON.mp4", "nul.mp4", "com1.mp4", "LPT9.x.mp4", "aux .mp4", "film.\u202emp4", "\u202e4pm.film.mp4", "film.mp\u200b4", "film.mp４", "film.mp4\u00a0",
		"film?.mp4", `a"b.mp4`, "a|b.mp4", "a*b.mp4", strings.Repeat("a", 300) + ".mp4", "\xff.mp4", " film.mp4",
	} {
		if CanOpen(name) {
			t.Errorf("%q can be opened", name)
		}
	}
}

func TestDisguise(t *testing.T) {
	stream := make([]byte, headSize)
	for i := 4; i < len(stream); i += 192 {
		stream[i] = 'G'
	}
	stream[0], stream[1] = '<', 'a'
	for _, row := range []struct{ head, want string }{
		{"", ""},
		{"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00", ""},
		{"\x00\x00\x00\x3cftypisom", ""},
		{"\x1a\x45\xdf\xa3\x01matroska", ""},
		{"RIFF\x24\x00\x00\x00WAVEfmt ", ""},
		{"ID3\x04", ""}, {"\xff\xfb\x90\x00", ""}, {"fLaC", ""}, {"OggS", ""},
		{"\x89PNG\r\n\x1a\n", ""}, {"\xff\xd8\xff\xe0", ""}, {"GIF89a", ""}, {"BM\x00\x00", ""},
		{"1\r\n00:00:01,000 --> 00:00:02,000\r\n<b>Hello</b>\r\n", ""},
		{"\xef\xbb\xbf1\n00:00:01,000 --> 00:00:02,000\nHello\n", ""},
		{"WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>Hi\n", ""},
		{"[Script Info]\nTitle: x\n", ""},
		{string(stream), ""},

		{"\x7fELF\x02\x01", "a program"},
		{"MZ\x90\x00", "a program"},
		{"\xcf\xfa\xed\xfe\x07", "a program"}, {"\xca\xfe\xba\xbe\x00", "a program"},
		{"#!/bin/sh\nrm -r ~\n", "a script"},
		{"\xef\xbb\xbf#!/bin/sh\n", "a script"},
		{"\n\n#!/bin/sh\n", "a script"},
		{"[Desktop Entry]\nExec=rm\n", "a shortcut"},
		{"# a comment\n\n [desktop entry] \nExec=rm\n", "a shortcut"},
		{"[InternetShortcut]\r\nURL=file:///x\r\n", "a shortcut"},
		{"L\x00\x00\x00\x01\x14\x02\x00\x00\x00", "a shortcut"},
		{"<html><script>", "a page"}, {"  \n<!DOCTYPE html>", "a page"}, {"\xef\xbb\xbf<?xml version='1.0'?>", "a page"}, {"<svg xmlns", "a page"},
		{"\xff\xfe<\x00h\x00t\x00m\x00l\x00>\x00", "a page"}, {"\xfe\xff\x00<\x00?\x00x\x00m\x00l", "a page"},
		{"%PDF-1.7", "a document"}, {"%!PS-Adobe", "a document"}, {"{\\rtf1", "a document"}, {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a document"},
		{"PK\x03\x04\x14", "an archive"}, {"Rar!\x1a\x07", "an archive"}, {"7z\xbc\xaf\x27\x1c", "an archive"}, {"\x1f\x8b\x08", "an archive"},
	} {
		if got := disguise([]byte(row.head)); got != row.want {
			t.Errorf("%.40q: %q; want %q", row.head, got, row.want)
		}
	}
}
