//! The forms in which descriptor sets and Buf images are kept, and the endings that stand for
//! them: `truth` reads them, `publish` writes them. Entry: [`ImageForm::of`].

use std::path::Path;

/// How the messages are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// The protobuf wire format.
    Binary,
    /// Protobuf's JSON mapping.
    Json,
    /// Protobuf's text format.
    Text,
    /// Protobuf's JSON mapping, written as YAML.
    Yaml,
}

/// How the encoded bytes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// As by `gzip`.
    Gzip,
    /// As by `zstd`.
    Zstd,
}

/// Encoding and compression together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageForm {
    /// Of the messages.
    pub encoding: Encoding,
    /// Of the encoded bytes.
    pub compression: Compression,
}

/// Endings before an optional `.gz` or `.zst`.
const ENDINGS: [(&str, Encoding); 8] = [
    (".binpb", Encoding::Binary),
    (".bin", Encoding::Binary),
    (".pb", Encoding::Binary),
    (".protoset", Encoding::Binary),
    (".json", Encoding::Json),
    (".txtpb", Encoding::Text),
    (".textproto", Encoding::Text),
    (".yaml", Encoding::Yaml),
];

impl ImageForm {
    /// The form that a file's ending stands for, in any case; `None` if it is that of no image.
    pub fn of(path: &Path) -> Option<Self> {
        let name = path.to_string_lossy().to_ascii_lowercase();
        let (plain, compression) = if let Some(plain) = name.strip_suffix(".gz") {
            (plain, Compression::Gzip)
        } else if let Some(plain) = name.strip_suffix(".zst") {
            (plain, Compression::Zstd)
        } else {
            (name.as_str(), Compression::None)
        };
        let (_, encoding) = ENDINGS.iter().find(|(ending, _)| plain.ends_with(ending))?;
        Some(Self {
            encoding: *encoding,
            compression,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_decides() {
        for (name, expected) in [
            ("x.binpb", Some((Encoding::Binary, Compression::None))),
            ("a/x.JSON.gz", Some((Encoding::Json, Compression::Gzip))),
            (
                "x.protoset.zst",
                Some((Encoding::Binary, Compression::Zstd)),
            ),
            ("x.txtpb", Some((Encoding::Text, Compression::None))),
            ("x.yaml.zst", Some((Encoding::Yaml, Compression::Zstd))),
            ("x.yml", None),
            ("x.gz", None),
            ("x.zst.binpb.zst.gz", None),
            ("x", None),
        ] {
            let found = ImageForm::of(Path::new(name));
            let found = found.map(|form| (form.encoding, form.compression));
            assert_eq!(found, expected, "{name}");
        }
    }
}
