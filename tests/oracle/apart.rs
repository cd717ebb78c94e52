//! Many schemas in one image, each in packages and folders of its own, so that one process of `buf`
//! judges them all.

use crate::set::{Set, references};

/// Adds a schema as the `index`th of an image. Google's own files stay as they are and come once,
/// unless they are what is judged.
pub(crate) fn add(image: &mut Set, set: &Set, base: &str, index: usize) {
    let shared = |path: &str| path.starts_with("google/") && base != "google";
    let tag = format!("zz{index}zz");
    let mut own: Set = Set::new();
    for file in set {
        let name = file.name.as_deref().unwrap();
        if !shared(name) {
            own.push(file.clone());
        } else if !image.iter().any(|known| known.name == file.name) {
            image.push(file.clone());
        }
    }
    let google = [".google.protobuf.", ".pb."];
    references(&mut own, &mut |name| {
        if base == "google" || !google.iter().any(|package| name.starts_with(package)) {
            *name = format!(".{tag}{name}");
        }
    });
    for file in &mut own {
        file.name = Some(format!("{tag}/{}", file.name.as_deref().unwrap()));
        file.package = Some(format!("{tag}.{}", file.package.as_deref().unwrap()));
        for import in &mut file.dependency {
            if !shared(import) {
                *import = format!("{tag}/{import}");
            }
        }
        for extension in &mut file.extension {
            // Two custom options of one number would meet in the one image.
            let custom = extension.extendee.as_deref() == Some(".google.protobuf.FieldOptions");
            if custom {
                let number = extension.number.unwrap();
                extension.number = Some(number + i32::try_from(index).unwrap());
            }
        }
    }
    image.extend(own);
}

/// Which schema a path or message of `buf` speaks of.
pub(crate) fn index(text: &str) -> Option<usize> {
    let (_, rest) = text.split_once("zz")?;
    rest.split_once("zz")?.0.parse().ok()
}
