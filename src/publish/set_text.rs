//! A message in protobuf's text format, a field to a line, as `buf` and `protoc` read it.

use buffa::text::{escape_bytes, escape_str};
use buffa_descriptor::{
    DescriptorPool, DynamicMessage, FieldDescriptor, FieldKind, MapKey, ReflectMessage as _,
    SingularKind, Value,
};

/// The whole message. Fields that its schema does not have are left out.
pub(super) fn write(message: &DynamicMessage) -> String {
    let mut text = Text {
        out: String::new(),
        depth: 0,
    };
    text.message(message);
    text.out
}

struct Text {
    out: String,
    depth: usize,
}

impl Text {
    fn message(&mut self, message: &DynamicMessage) {
        let pool = message.pool();
        let own = pool.message(message.message_index());
        for field in own.fields().iter().filter(|field| message.has(field)) {
            let name = name(pool, field);
            self.field(message, field, &name);
        }
        for extension in pool.extensions_of(message.message_index()) {
            if message.has(extension.field()) {
                let name = format!("[{}]", extension.full_name());
                self.field(message, extension.field(), &name);
            }
        }
    }

    fn field(&mut self, message: &DynamicMessage, field: &FieldDescriptor, name: &str) {
        let pool = message.pool();
        match (field.kind(), message.field_by_number(field.number())) {
            (FieldKind::Singular(kind), Some(value)) => self.line(pool, name, kind, value),
            (FieldKind::List(kind), Some(Value::List(items))) => {
                for item in items {
                    self.line(pool, name, kind, item);
                }
            }
            (FieldKind::Map { value: kind, .. }, Some(Value::Map(entries))) => {
                for (key, value) in entries.iter() {
                    self.open(name);
                    self.start("key");
                    self.key(key);
                    self.line(pool, "value", kind, value);
                    self.close();
                }
            }
            _ => {}
        }
    }

    fn line(&mut self, pool: &DescriptorPool, name: &str, kind: SingularKind, value: &Value) {
        if let Value::Message(inner) = value {
            self.open(name);
            self.message(inner);
            self.close();
            return;
        }
        self.start(name);
        match (kind, value) {
            (SingularKind::Enum(index), Value::EnumNumber(number)) => {
                match pool.enumeration(index).value(*number) {
                    Some(value) => self.out.push_str(value.name()),
                    None => self.out.push_str(&number.to_string()),
                }
            }
            (_, Value::Bool(value)) => self.out.push_str(&value.to_string()),
            (_, Value::I32(value)) => self.out.push_str(&value.to_string()),
            (_, Value::I64(value)) => self.out.push_str(&value.to_string()),
            (_, Value::U32(value)) => self.out.push_str(&value.to_string()),
            (_, Value::U64(value)) => self.out.push_str(&value.to_string()),
            // With an exponent where it is shorter; `NaN` in lower case.
            (_, Value::F32(value)) => self.out.push_str(&format!("{value:?}").to_lowercase()),
            (_, Value::F64(value)) => self.out.push_str(&format!("{value:?}").to_lowercase()),
            (_, Value::String(value)) => self.string(value),
            // A string takes what is written to it, so there is nothing to fail.
            (_, Value::Bytes(value)) => drop(escape_bytes(value, &mut self.out)),
            _ => {}
        }
        self.out.push('\n');
    }

    fn key(&mut self, key: &MapKey) {
        match key {
            MapKey::Bool(key) => self.out.push_str(&key.to_string()),
            MapKey::I32(key) => self.out.push_str(&key.to_string()),
            MapKey::I64(key) => self.out.push_str(&key.to_string()),
            MapKey::U32(key) => self.out.push_str(&key.to_string()),
            MapKey::U64(key) => self.out.push_str(&key.to_string()),
            MapKey::String(key) => self.string(key),
        }
        self.out.push('\n');
    }

    fn string(&mut self, value: &str) {
        let _ = escape_str(value, &mut self.out);
    }

    fn start(&mut self, name: &str) {
        self.indent();
        self.out.push_str(name);
        self.out.push_str(": ");
    }

    fn open(&mut self, name: &str) {
        self.indent();
        self.out.push_str(name);
        self.out.push_str(" {\n");
        self.depth += 1;
    }

    fn close(&mut self) {
        self.depth -= 1;
        self.indent();
        self.out.push_str("}\n");
    }

    fn indent(&mut self) {
        for _ in 0..self.depth {
            self.out.push_str("  ");
        }
    }
}

/// The name of a field; a group's is that of its type.
fn name(pool: &DescriptorPool, field: &FieldDescriptor) -> String {
    let kind = match field.kind() {
        FieldKind::Singular(kind) | FieldKind::List(kind) => kind,
        FieldKind::Map { .. } => return field.name().to_owned(),
    };
    if let (SingularKind::Message(index), true) = (kind, field.is_delimited()) {
        let full = pool.message(index).full_name();
        let short = full.rsplit('.').next().unwrap_or(full);
        if short.to_ascii_lowercase() == field.name() {
            return short.to_owned();
        }
    }
    field.name().to_owned()
}
