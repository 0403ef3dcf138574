// SPDX-License-Identifier: LGPL-2.1-or-later

//! ask APPLICATION ERRNO [SOCKET]
//!
//! Asks auditfaild what APPLICATION must do after a call of libaudit failed
//! with ERRNO, a number (0: unknown). Prints the answer. Exit status 0: go on,
//! 1: stop.
//!
//! Without auditfaild, the answer is terminate. It comes within a second.
use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

const SOCKET: &str = "/run/auditfail/io.auditfail.Policy";
const LIMIT: Duration = Duration::from_secs(1);
const REPLY_MAX: u64 = 16384;

/// The call in JSON. Other characters than these are in no application's name.
fn query(application: &str, errno: u32) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._@-".contains(c);
    let errno = match errno {
        0 => "null".into(),
        _ => errno.to_string(),
    };

    application.chars().all(plain).then(|| {
        format!(
            r#"{{"method":"io.auditfail.Policy.Query","parameters":{{"application":"{application}","errno":{errno}}}}}"#
        )
    })
}

/// Sends a call and returns the reply. Each ends with a NUL byte.
fn exchange(path: &str, call: &str) -> Result<Vec<u8>, Error> {
    let mut connection = UnixStream::connect(path)?;
    let mut reply = Vec::new();

    connection.set_write_timeout(Some(LIMIT))?;
    connection.set_read_timeout(Some(LIMIT))?;
    connection.write_all(format!("{call}\0").as_bytes())?;
    BufReader::new(connection.take(REPLY_MAX)).read_until(0, &mut reply)?;
    match reply.pop() {
        Some(0) => Ok(reply),
        _ => Err(ErrorKind::UnexpectedEof.into()),
    }
}

/// The same within LIMIT, also if connect() waits or the reply comes in pieces.
/// After LIMIT, the thread may go on. Its result is dropped.
fn exchange_in_time(path: &str, call: String) -> Option<Vec<u8>> {
    let path = path.to_owned();
    let (sender, receiver) = mpsc::channel();

    thread::Builder::new()
        .spawn(move || sender.send(exchange(&path, &call)))
        .ok()?;
    receiver.recv_timeout(LIMIT).ok()?.ok()
}

/// Returns "ignore", "log" or "terminate".
///
/// The standard library cannot read JSON. auditfaild writes JSON without blanks,
/// and a backslash before each quote in a string. So only the member "action"
/// has these bytes.
fn ask(application: &str, errno: u32, path: &str) -> &'static str {
    let reply = query(application, errno).and_then(|call| exchange_in_time(path, call));
    let reply = String::from_utf8_lossy(reply.as_deref().unwrap_or_default());

    if reply.contains(r#""action":"ignore""#) {
        "ignore"
    } else if reply.contains(r#""action":"log""#) {
        "log"
    } else {
        "terminate"
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let (application, errno) = match arguments.get(1..3).map(|two| (&two[0], two[1].parse())) {
        Some((application, Ok(errno))) => (application, errno),
        _ => {
            eprintln!("usage: ask APPLICATION ERRNO [SOCKET]");
            return ExitCode::from(2);
        }
    };
    let path = arguments.get(3).map_or(SOCKET, String::as_str);
    let answer = ask(application, errno, path);

    println!("{answer}");
    ExitCode::from((answer == "terminate") as u8)
}
