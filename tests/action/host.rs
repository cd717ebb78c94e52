//! How the variant on the host comes to its binary: `host/fetch.sh`.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::thread;

use sha2::{Digest as _, Sha256};

use crate::engine::Said;
use crate::{executable, hex, root};

/// Serves one file to everybody, for as long as the test lasts.
fn serve(content: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                content.len()
            );
            let _ = stream
                .write_all(head.as_bytes())
                .and_then(|()| stream.write_all(&content));
        }
    });
    format!("http://{address}")
}

/// A checkout of the action's folder, with this release.txt.
fn action(release: Option<&str>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let script = fs::read(root().join("host/fetch.sh")).unwrap();
    executable::write(&folder.path().join("fetch.sh"), &script);
    if let Some(text) = release {
        fs::write(folder.path().join("release.txt"), text).unwrap();
    }
    folder
}

fn fetch(action: &Path, tools: &Path, binary: Option<&str>) -> (Said, String) {
    let output = action.join("output");
    let mut command = Command::new(action.join("fetch.sh"));
    command
        .env("GITHUB_OUTPUT", &output)
        .env("RUNNER_TOOL_CACHE", tools)
        .env_remove("PROTODIFF_BINARY");
    if let Some(binary) = binary {
        command.env("PROTODIFF_BINARY", binary);
    }
    let said = Said::of(&command.output().unwrap());
    (said, fs::read_to_string(output).unwrap_or_default())
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[test]
fn the_release_is_fetched_once_and_only_if_it_is_the_right_one() {
    let program = b"#!/bin/sh\necho protodiff 9.9.9\n".to_vec();
    let right = sha256(&program);
    let url = serve(program);
    let release = |sum: &str| {
        format!(
            "{sum}  {url}/protodiff-9.9.9-linux-amd64\n{sum}  {url}/protodiff-9.9.9-linux-arm64\n"
        )
    };
    let tools = tempfile::tempdir().unwrap();
    let folder = action(Some(&release(&right)));
    let (said, output) = fetch(folder.path(), tools.path(), None);
    let _ = said.ends(0).says(&["protodiff 9.9.9"]);
    let binary = tools
        .path()
        .join("protodiff")
        .join(&right)
        .join("protodiff");
    assert_eq!(output, format!("binary={}\n", binary.display()));

    // It is there now; what was tampered with is not used.
    let gone = action(Some(
        &release(&right).replace("http://", "http://127.0.0.1:1/"),
    ));
    let _ = fetch(gone.path(), tools.path(), None).0.ends(0);
    fs::write(&binary, "#!/bin/sh\necho other\n").unwrap();
    let (said, output) = fetch(folder.path(), tools.path(), None);
    let _ = said.ends(0).says(&["protodiff 9.9.9"]);
    assert!(output.contains("binary="), "{output}");

    let wrong = action(Some(&release(&sha256(b"other"))));
    let (said, output) = fetch(wrong.path(), tools.path(), None);
    let _ = said
        .ends(4)
        .says(&["::error", "SHA-256", "/protodiff-9.9.9-linux-"]);
    assert_eq!(output, "");
}

#[test]
fn a_reference_that_is_no_release_says_what_to_do() {
    let tools = tempfile::tempdir().unwrap();
    for folder in [action(None), action(Some("nonsense\n"))] {
        let (said, output) = fetch(folder.path(), tools.path(), None);
        let _ = said
            .ends(4)
            .says(&["::error", "no release", "released tag", "PROTODIFF_BINARY"]);
        assert_eq!(output, "");
        let own = env!("CARGO_BIN_EXE_protodiff");
        let (said, output) = fetch(folder.path(), tools.path(), Some(own));
        let _ = said.ends(0).says(&["protodiff "]);
        assert_eq!(output, format!("binary={own}\n"));
    }
}
