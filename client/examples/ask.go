// SPDX-License-Identifier: LGPL-2.1-or-later

// ask APPLICATION ERRNO [SOCKET]
//
// Asks auditfaild what APPLICATION must do after a call of libaudit failed with
// ERRNO, a number (0: unknown). Prints the answer. Exit status 0: go on,
// 1: stop.
//
// Without auditfaild, the answer is terminate. It comes within a second.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"
)

const (
	socket   = "/run/auditfail/io.auditfail.Policy"
	limit    = time.Second
	replyMax = 16384
)

type parameters struct {
	Application string `json:"application"`
	Errno       int    `json:"errno,omitempty"`
}

type call struct {
	Method     string     `json:"method"`
	Parameters parameters `json:"parameters"`
}

type reply struct {
	Parameters struct {
		Action string `json:"action"`
	} `json:"parameters"`
}

// connect waits until the daemon has room: connect() fails at once if many
// others ask.
func connect(path string, end time.Time) (net.Conn, error) {
	for {
		connection, err := net.Dial("unix", path)
		if !errors.Is(err, syscall.EAGAIN) || time.Now().After(end) {
			return connection, err
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// exchange sends a call and returns the reply. Each ends with a NUL byte.
func exchange(path string, message []byte) ([]byte, error) {
	end := time.Now().Add(limit)
	connection, err := connect(path, end)
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	if err := connection.SetDeadline(end); err != nil {
		return nil, err
	}
	if _, err := connection.Write(append(message, 0)); err != nil {
		return nil, err
	}
	received, err := bufio.NewReader(io.LimitReader(connection, replyMax)).ReadBytes(0)
	if err != nil {
		return nil, err
	}
	return received[:len(received)-1], nil
}

// ask returns "ignore", "log" or "terminate".
func ask(application string, errno int, path string) string {
	var answer reply

	message, err := json.Marshal(call{"io.auditfail.Policy.Query", parameters{application, errno}})
	if err != nil {
		return "terminate"
	}
	received, err := exchange(path, message)
	if err != nil || json.Unmarshal(received, &answer) != nil {
		return "terminate"
	}
	if action := answer.Parameters.Action; action == "ignore" || action == "log" {
		return action
	}
	return "terminate"
}

func main() {
	path := socket
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: ask APPLICATION ERRNO [SOCKET]")
		os.Exit(2)
	}
	if len(os.Args) > 3 {
		path = os.Args[3]
	}
	errno, err := strconv.Atoi(os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	answer := ask(os.Args[1], errno, path)
	fmt.Println(answer)
	if answer == "terminate" {
		os.Exit(1)
	}
}
