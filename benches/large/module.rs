//! A module of many files with a deep graph of imports, as large companies have them.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

/// Files in the module.
pub const FILES: usize = 600;

/// Messages in a file.
pub const MESSAGES: usize = 5;

const TYPES: [&str; 6] = [
    "string",
    "int64",
    "bool",
    "double",
    "bytes",
    "repeated int32",
];

/// Writes the module; so many files lack a field of their first message.
pub fn write(root: &Path, removed: usize) -> io::Result<()> {
    fs::create_dir_all(root)?;
    fs::write(root.join("buf.yaml"), "version: v2\n")?;
    for file in 0..FILES {
        let folder = root.join(format!("big/p{}/v1", file % 60));
        fs::create_dir_all(&folder)?;
        fs::write(
            folder.join(format!("f{file}.proto")),
            text(file, file % 50 == 0 && file / 50 < removed),
        )?;
    }
    Ok(())
}

fn text(file: usize, lacks_a_field: bool) -> String {
    let mut out = format!("syntax = \"proto3\";\npackage big.p{}.v1;\n", file % 60);
    let imports: Vec<usize> = [1, 7, 31]
        .into_iter()
        .filter_map(|back| file.checked_sub(back))
        .collect();
    for other in &imports {
        let _ = writeln!(out, "import \"big/p{}/v1/f{other}.proto\";", other % 60);
    }
    for message in 0..MESSAGES {
        let _ = writeln!(
            out,
            "// Message {message} of file {file}.\nmessage M{file}x{message} {{"
        );
        for field in 1..=12 {
            if lacks_a_field && message == 0 && field == 3 {
                continue;
            }
            let kind = TYPES[(field + message) % TYPES.len()];
            let _ = writeln!(
                out,
                "  // Field {field}.\n  {kind} field_{field} = {field};"
            );
        }
        for (n, other) in imports.iter().enumerate() {
            let _ = writeln!(
                out,
                "  .big.p{}.v1.M{other}x{message} ref_{n} = {};",
                other % 60,
                20 + n
            );
        }
        let _ = writeln!(
            out,
            "  E{file} kind = 30;\n  map<string, int64> counts = 31;\n  oneof pick {{ string a = 32; int32 b = 33; }}\n}}"
        );
    }
    let _ = writeln!(
        out,
        "enum E{file} {{ E{file}_UNSPECIFIED = 0; E{file}_A = 1; E{file}_B = 2; }}"
    );
    if file.is_multiple_of(5) {
        let _ = writeln!(out, "service S{file} {{");
        for rpc in 0..7 {
            let _ = writeln!(
                out,
                "  rpc Call{rpc}(M{file}x{}) returns (M{file}x{});",
                rpc % MESSAGES,
                (rpc + 1) % MESSAGES
            );
        }
        out.push_str("}\n");
    }
    out
}
