#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The protocol: what auditfaild replies to Varlink clients, and to clients that send something else."""
import json

from harness import FRAME_MAX, INTERFACES, POLICY, SERVICE, Client, DaemonTest, main


def query_frame(length):
    """A Query of exactly LENGTH bytes before its NUL."""
    text = json.dumps({"method": f"{POLICY}.Query", "parameters": {"application": "passwd", "padding": ""}})
    return text.replace('"padding": ""', f'"padding": "{"x" * (length - len(text))}"').encode() + b"\0"


class Introspection(DaemonTest):
    def test_the_service_says_who_it_is_and_what_it_offers(self):
        reply = self.daemon().call(f"{SERVICE}.GetInfo")
        self.assertAnswer(reply, product="auditfaild", interfaces=[SERVICE, POLICY])
        for field in ("vendor", "version", "url"):
            self.assertTrue(reply["parameters"][field], field)

    def test_each_interface_is_described_by_its_own_file_to_the_byte(self):
        daemon = self.daemon()
        for interface in (SERVICE, POLICY):
            with self.subTest(interface):
                text = (INTERFACES / f"{interface}.varlink").read_text()
                reply = daemon.call(f"{SERVICE}.GetInterfaceDescription", interface=interface)
                self.assertEqual(reply["parameters"]["description"], text)

    def test_an_unknown_interface_is_named_in_the_error(self):
        daemon = self.daemon()
        self.assertError(daemon.call(f"{SERVICE}.GetInterfaceDescription", interface="io.example.Other"),
                         "InterfaceNotFound", interface="io.example.Other")
        self.assertError(daemon.call("io.example.Other.Method"), "InterfaceNotFound", interface="io.example.Other")

    def test_an_unknown_method_is_named_in_the_error(self):
        daemon = self.daemon()
        self.assertError(daemon.call(f"{POLICY}.Absent"), "MethodNotFound", method=f"{POLICY}.Absent")
        self.assertError(daemon.call(f"{SERVICE}.Absent"), "MethodNotFound", method=f"{SERVICE}.Absent")

    def test_a_method_without_its_interface_is_taken_for_an_interface(self):
        daemon = self.daemon()
        for method, interface in (("Query", "Query"), ("", ""), (POLICY, "io.auditfail"), (".Query", ""),
                                  (f"{POLICY}.Query.", f"{POLICY}.Query"), (f"{POLICY}2.Query", f"{POLICY}2"),
                                  ("caf\u00e9.\U0001f512", "caf\u00e9"), ("\x1b[2J\".Query", "\x1b[2J\"")):
            with self.subTest(method), daemon.connect() as client:
                client.send(method)
                self.assertError(client.reply(), "InterfaceNotFound", interface=interface)

    def test_methods_are_not_found_by_parts_of_their_names(self):
        daemon = self.daemon()
        for method in (f"{POLICY}.Quer", f"{POLICY}.Query2", f"{POLICY}.query", f"{POLICY}."):
            with self.subTest(method):
                self.assertError(daemon.call(method), "MethodNotFound", method=method)


class Parameters(DaemonTest):
    def refused(self, method, field, *values, daemon=None):
        with (daemon or self.daemon()).connect() as client:
            for value in values:
                with self.subTest(method=method, field=field, value=value):
                    self.assertInvalid(client.call(method, **{field: value}), field)

    def test_an_application_must_be_a_valid_name(self):
        self.refused("Query", "application", 1, True, ["passwd"], {"name": "passwd"}, "", ".hidden", "-option",
                     "a/b", "a b", "caf\u00e9", "\u65e5\u672c", "pass\u0000wd", "x" * 65, "../etc/passwd", "passwd\n")

    def test_explain_is_as_strict_about_the_application_as_query(self):
        self.refused("Explain", "application", 1, "", "a/b", "pass\u0000wd")

    def test_an_errno_must_be_a_whole_number_from_1_to_4095(self):
        self.refused("Query", "errno", 0, -1, 4096, 2**31, 2**32 + 1, 2**63, 2**64, 2**64 + 1, -2**63 - 1, 1.5, 1.0,
                     "1", True, False, [1], {})

    def test_an_errno_of_any_length_in_digits_is_out_of_range(self):
        with self.daemon().connect() as client:
            for number in ("1e400", "-1e400", "1" * 400, "1e0"):
                with self.subTest(number):
                    client.send_bytes(b'{"method":"%s.Query","parameters":{"errno":%s}}\0'
                                      % (POLICY.encode(), number.encode()))
                    self.assertInvalid(client.reply(), "errno")

    def test_the_first_and_the_last_errno_are_valid(self):
        with self.daemon().connect() as client:
            for number in (1, 4095):
                self.assertAnswer(client.call("Query", application="passwd", errno=number), application="passwd")

    def test_a_kind_must_be_one_of_the_interface(self):
        self.refused("Query", "kind", "none", "", "Denied", "denied ", 1, True, ["denied"])

    def test_explain_is_as_strict_about_errno_and_kind_as_query(self):
        daemon = self.daemon()
        self.refused("Explain", "errno", 0, 4096, "1", daemon=daemon)
        self.refused("Explain", "kind", "none", 1, daemon=daemon)

    def test_an_operation_is_a_string_of_at_most_64_bytes(self):
        self.refused("Query", "operation", 1, ["open"], "x" * 65, "\u00e9" * 33)

    def test_a_record_is_a_string_of_at_most_32_bytes(self):
        self.refused("Query", "record", 1, ["ADD_USER"], "X" * 33, "\u00e9" * 17)

    def test_a_record_may_be_any_text_of_32_bytes(self):
        with self.daemon().connect() as client:
            for record in ("ADD_USER", "1114", "X" * 32, "\u00e9" * 16, "a\"b\\c\n\t\x1b[31m", ""):
                with self.subTest(record):
                    self.assertAnswer(client.call("Query", application="useradd", record=record),
                                      application="useradd")

    def test_ahead_is_a_boolean(self):
        self.refused("Query", "ahead", 0, 1, "true", "", [True])

    def test_close_is_a_boolean(self):
        self.refused("Query", "close", 0, 1, "true", "", [True])

    def test_an_operation_may_be_any_text_of_64_bytes(self):
        with self.daemon().connect() as client:
            for operation in ("x" * 64, "\u00e9" * 32, "\u65e5\u672c\u8a9e", "a\"b\\c\n\t\x1b[31m", "\U0001f512", ""):
                with self.subTest(operation):
                    self.assertAnswer(client.call("Query", application="passwd", operation=operation),
                                      application="passwd")

    def test_the_page_of_a_list_starts_after_a_string(self):
        self.refused("List", "after", 1, True, ["passwd"])

    def test_an_interface_description_needs_the_name_of_an_interface(self):
        daemon = self.daemon()
        self.assertInvalid(daemon.call(f"{SERVICE}.GetInterfaceDescription"), "interface")
        for value in (None, 1, [], {}):
            with self.subTest(value):
                self.assertInvalid(daemon.call(f"{SERVICE}.GetInterfaceDescription", interface=value), "interface")

    def test_absent_null_and_empty_parameters_are_the_same(self):
        with self.daemon().connect() as client:
            for method in (f"{SERVICE}.GetInfo", f"{POLICY}.List", f"{POLICY}.Status", f"{POLICY}.Query"):
                for call in ({}, {"parameters": None}, {"parameters": {}}):
                    with self.subTest(method, call=call):
                        client.send_bytes(json.dumps({"method": method, **call}).encode() + b"\0")
                        self.assertAnswer(client.reply())

    def test_a_null_field_is_an_absent_one(self):
        reply = self.daemon().call("Query", application="passwd", errno=None, kind=None, operation=None,
                                     record=None, ahead=None, close=None)
        self.assertAnswer(reply, application="passwd", kind=None)

    def test_parameters_that_are_not_an_object_are_refused(self):
        with self.daemon().connect() as client:
            for parameters in ([], ["passwd"], "passwd", 1, True):
                with self.subTest(parameters):
                    client.send(f"{POLICY}.Query", parameters)
                    self.assertInvalid(client.reply(), "parameters")

    def test_unknown_fields_are_ignored(self):
        with self.daemon().connect() as client:
            client.send(f"{POLICY}.Query", {"application": "passwd", "later": {"deep": [1, 2, {}]}}, extra=[None])
            self.assertAnswer(client.reply(), application="passwd")
            for method in ("Status", "Reload", "List"):
                self.assertAnswer(client.call(method, later=1))

    def test_of_duplicate_keys_the_last_one_counts(self):
        with self.daemon().connect() as client:
            client.send_bytes(b'{"method":"io.auditfail.Policy.Status","method":"io.auditfail.Policy.Query",'
                              b'"parameters":{"application":1,"application":"first","application":"last"}}\0')
            self.assertAnswer(client.reply(), application="last")

    def test_escapes_mean_what_they_stand_for(self):
        with self.daemon().connect() as client:
            client.send_bytes(b'{"meth\\u006fd":"io.auditfail.Policy\\u002eQuery",'
                              b'"parameters":{"application":"p\\u0061sswd"}}\0')
            self.assertAnswer(client.reply(), application="passwd")


class Flags(DaemonTest):
    def test_a_oneway_call_has_no_reply(self):
        with self.daemon().connect() as client:
            client.send(f"{POLICY}.Query", {"application": "unheard"}, oneway=True)
            client.send(f"{POLICY}.Absent", oneway=True)
            client.send(f"{POLICY}.Query", {"errno": "bad"}, oneway=True)
            client.send(f"{POLICY}.Reload", oneway=True)
            self.assertAnswer(client.call("Query", application="heard"), application="heard")

    def test_a_oneway_call_is_carried_out(self):
        with self.daemon().connect() as client:
            before = client.call("Status")["parameters"]["queries"]
            client.send(f"{POLICY}.Query", {"application": "passwd"}, oneway=True)
            self.assertAnswer(client.call("Status"), queries=before + 1)

    def test_more_on_a_method_with_one_reply_gives_one_reply(self):
        with self.daemon().connect() as client:
            client.send(f"{POLICY}.Query", {"application": "passwd"}, more=True)
            reply = client.reply()
            self.assertAnswer(reply, application="passwd")
            self.assertFalse(reply.get("continues"))
            self.assertAnswer(client.call("Query", application="next"), application="next")

    def test_monitor_without_more_is_refused(self):
        with self.daemon().connect() as client:
            self.assertError(client.call("Monitor"), "ExpectedMore")
            self.assertAnswer(client.call("Query", application="next"), application="next")

    def test_an_upgrade_of_the_connection_is_refused(self):
        with self.daemon().connect() as client:
            client.send(f"{POLICY}.Query", {"application": "passwd"}, upgrade=True)
            self.assertInvalid(client.reply(), "upgrade")

    def test_flags_of_another_type_are_refused(self):
        with self.daemon().connect() as client:
            for flag in ("more", "oneway", "upgrade"):
                for value in (1, "true", []):
                    with self.subTest(flag, value=value):
                        client.send(f"{POLICY}.Query", {"application": "passwd"}, **{flag: value})
                        self.assertInvalid(client.reply(), flag)

    def test_flags_that_are_false_or_null_count_as_absent(self):
        with self.daemon().connect() as client:
            for value in (False, None):
                client.send(f"{POLICY}.Query", {"application": "passwd"}, more=value, oneway=value, upgrade=value)
                self.assertAnswer(client.reply(), application="passwd")


class Framing(DaemonTest):
    def test_calls_sent_in_one_piece_are_answered_in_their_order(self):
        with self.daemon().connect() as client:
            client.send_bytes(b"".join(Client.frame(f"{POLICY}.Query", {"application": f"app{i}"})
                                       for i in range(100)))
            self.assertEqual([client.reply()["parameters"]["application"] for _ in range(100)],
                             [f"app{i}" for i in range(100)])

    def test_errors_and_answers_keep_their_order_too(self):
        with self.daemon().connect() as client:
            client.send(f"{POLICY}.Absent")
            client.send(f"{POLICY}.Query", {"application": "passwd"})
            client.send(f"{POLICY}.Reload")
            client.send(f"{POLICY}.Query", {"errno": 0})
            client.send(f"{POLICY}.Status")
            replies = [client.reply() for _ in range(5)]
            self.assertError(replies[0], "MethodNotFound", method=f"{POLICY}.Absent")
            self.assertAnswer(replies[1], application="passwd")
            self.assertAnswer(replies[2], changed=False)
            self.assertInvalid(replies[3], "errno")
            self.assertIn("started", replies[4]["parameters"])

    def test_a_call_may_come_byte_by_byte(self):
        with self.daemon().connect() as client:
            for byte in Client.frame(f"{POLICY}.Query", {"application": "passwd"}):
                client.send_bytes(bytes([byte]))
            self.assertAnswer(client.reply(), application="passwd")

    def test_a_call_of_16_KiB_is_answered(self):
        with self.daemon().connect() as client:
            for _ in range(3):
                client.send_bytes(query_frame(FRAME_MAX))
            for _ in range(3):
                self.assertAnswer(client.reply(), application="passwd")

    def test_a_call_of_16_KiB_may_come_in_two_pieces(self):
        daemon = self.daemon()
        with daemon.connect() as client:
            for piece in (1, 10_000, FRAME_MAX - 1, FRAME_MAX):
                frame = query_frame(FRAME_MAX)
                client.send_bytes(frame[:piece])
                self.assertStillAnswers(daemon)  # it serves connections in turn, so it has read the first piece
                client.send_bytes(frame[piece:])
                self.assertAnswer(client.reply(), application="passwd")

    def test_one_byte_more_ends_the_connection(self):
        daemon = self.daemon()
        with daemon.connect() as client:
            client.send_bytes(query_frame(FRAME_MAX + 1))
            self.assertTrue(client.ended())
        self.assertStillAnswers(daemon)

    def test_a_call_without_an_end_ends_the_connection(self):
        daemon = self.daemon()
        with daemon.connect() as client:
            try:
                for _ in range(64):
                    client.send_bytes(b" " * FRAME_MAX)
            except (BrokenPipeError, ConnectionResetError):
                pass
            self.assertTrue(client.ended())
        self.assertStillAnswers(daemon)

    def test_bytes_that_are_not_a_call_end_their_connection_and_no_other(self):
        daemon = self.daemon()
        witness = self.connect(daemon)
        call = Client.frame(f"{POLICY}.Query", {"application": "passwd"})[:-1]
        for junk in (b"", b"\xff\xfe\x00\x01", b"GET / HTTP/1.1\r\n\r\n", b"[]", b"[" + call + b"]", b"1", b"null",
                     b"true", b'"text"', b"{", call[:-1], call + b"x", call + call, call + b" {}",
                     b'{"method": "io.auditfail.Policy.Query", "parameters": {"errno": NaN}}',
                     b'{"method": "io.auditfail.Policy.Query", "parameters": {"errno": Infinity}}',
                     b"{'method': 'io.auditfail.Policy.Query'}", b'{"method": "io.auditfail.Policy.Query",}',
                     b'/* comment */ {"method": "io.auditfail.Policy.Query"}',
                     b'{"method": "io.auditfail.Policy.Query", "parameters": {"application": "\xff\xfe"}}',
                     b'{"method": "io.auditfail.Policy.Query", "parameters": {"application": "a\nb"}}'):
            with self.subTest(junk):
                with daemon.connect() as client:
                    client.send_bytes(junk + b"\0")
                    self.assertTrue(client.ended())
                self.assertAnswer(witness.call("Query", application="passwd"), application="passwd")

    def test_an_object_that_is_not_a_call_gets_an_error(self):
        with self.daemon().connect() as client:
            for call in ({}, {"parameters": {}}, {"method": None}, {"method": 1}, {"method": ["a.b"]},
                         {"method": f"{POLICY}.Query\0"}):
                with self.subTest(call):
                    client.send_bytes(json.dumps(call).encode() + b"\0")
                    self.assertInvalid(client.reply(), "method")

    def test_calls_before_the_junk_are_answered(self):
        with self.daemon().connect() as client:
            client.send_bytes(Client.frame(f"{POLICY}.Query", {"application": "before"}) + b"junk\0")
            self.assertAnswer(client.reply(), application="before")
            self.assertTrue(client.ended())

    def test_blanks_around_a_call_do_not_matter(self):
        with self.daemon().connect() as client:
            client.send_bytes(b' \r\n\t' + Client.frame(f"{POLICY}.Query", {"application": "passwd"})[:-1] + b" \n\0")
            self.assertAnswer(client.reply(), application="passwd")

    def test_half_a_surrogate_does_not_crash_it(self):
        daemon = self.daemon()
        for escape in (b"\\ud800", b"\\udc00", b"\\ud800\\ud800", b"\\ud83d\\ude00"):
            with self.subTest(escape):
                with daemon.connect() as client:
                    client.send_bytes(b'{"method":"io.auditfail.Policy.Query","parameters":'
                                      b'{"application":"passwd","operation":"' + escape + b'"}}\0')
                    try:
                        self.assertAnswer(client.reply(), application="passwd")
                    except EOFError:
                        pass
        self.assertStillAnswers(daemon)

    def test_moderate_nesting_is_read_and_deep_nesting_ends_the_connection(self):
        daemon = self.daemon()

        def nested(depth):
            return (b'{"method":"io.auditfail.Policy.Query","parameters":{"application":"passwd","x":'
                    + b"[" * depth + b"]" * depth + b"}}\0")

        with daemon.connect() as client:
            client.send_bytes(nested(8))
            self.assertAnswer(client.reply(), application="passwd")
        for depth in (1000, 7000):
            with self.subTest(depth), daemon.connect() as client:
                client.send_bytes(nested(depth))
                self.assertTrue(client.ended())
        self.assertStillAnswers(daemon)


class HangUp(DaemonTest):
    def test_a_client_that_closes_its_sending_half_gets_all_replies_and_then_the_end(self):
        with self.daemon().connect() as client:
            for i in range(10):
                client.send(f"{POLICY}.Query", {"application": f"app{i}"})
            client.send(f"{POLICY}.Reload")
            client.send(f"{POLICY}.Query", {"application": "last"})
            client.half_close()
            for i in range(10):
                self.assertAnswer(client.reply(), application=f"app{i}")
            self.assertAnswer(client.reply(), changed=False)
            self.assertAnswer(client.reply(), application="last")
            self.assertTrue(client.ended())

    def test_the_daemon_closes_the_connection_after_the_query_that_asks_for_it(self):
        with self.daemon().connect() as client:
            self.assertAnswer(client.call("Query", application="a", close=False), application="a")
            client.send_bytes(client.frame(f"{POLICY}.Query", {"application": "b", "close": True}) +
                              client.frame(f"{POLICY}.Query", {"application": "c"}))
            self.assertAnswer(client.reply(), application="b")
            self.assertTrue(client.ended())

    def test_half_a_call_and_the_end_is_just_the_end(self):
        with self.daemon().connect() as client:
            client.send_bytes(b'{"method":"io.auditfail.Policy.Que')
            client.half_close()
            self.assertTrue(client.ended())

    def test_clients_that_hang_up_before_their_replies_leave_nothing_behind(self):
        for i in range(200):
            self.policy(f"application{i}", "log")
        daemon = self.daemon()
        before = daemon.descriptors()
        for method in ("List", "Query", "Reload", "Monitor"):
            for _ in range(5):
                with daemon.connect() as client:
                    client.send_bytes(Client.frame(f"{POLICY}.{method}", more=True) * 20)
                    client.socket.recv(1)
        self.eventually(lambda: daemon.call("Status")["parameters"]["connections"] == 1)
        self.eventually(lambda: daemon.descriptors() <= before)
        self.assertStillAnswers(daemon)


if __name__ == "__main__":
    main()
