//! One schema in two syntaxes.

/// What they are, and both sources.
pub(crate) const TWINS: &[(&str, &str, &str)] = &[
    (
        "proto3 and its Editions twin",
        r#"syntax = "proto3";
package twin.v1;
import "google/protobuf/timestamp.proto";
service Svc { rpc Call(Thing) returns (stream Thing); }
enum Kind { KIND_UNSPECIFIED = 0; KIND_ONE = 1; }
message Thing {
  reserved 40, 50 to 60;
  reserved "gone";
  string name = 1;
  optional string nick = 2;
  repeated int32 ids = 3;
  repeated int32 loose = 4 [packed = false];
  map<string, Thing> things = 5;
  oneof pick { Kind kind = 6; bytes data = 7; }
  google.protobuf.Timestamp at = 8;
  Kind plain = 9;
  repeated Kind kinds = 10;
  optional Kind maybe = 11;
  map<string, string> texts = 12;
}
"#,
        r#"edition = "2023";
package twin.v1;
import "google/protobuf/timestamp.proto";
option features.field_presence = IMPLICIT;
service Svc { rpc Call(Thing) returns (stream Thing); }
enum Kind { KIND_UNSPECIFIED = 0; KIND_ONE = 1; }
message Thing {
  reserved 40, 50 to 60;
  reserved gone;
  string name = 1;
  string nick = 2 [features.field_presence = EXPLICIT];
  repeated int32 ids = 3;
  repeated int32 loose = 4 [features.repeated_field_encoding = EXPANDED];
  map<string, Thing> things = 5;
  oneof pick { Kind kind = 6; bytes data = 7; }
  google.protobuf.Timestamp at = 8;
  Kind plain = 9;
  repeated Kind kinds = 10;
  Kind maybe = 11 [features.field_presence = EXPLICIT];
  map<string, string> texts = 12;
}
"#,
    ),
    (
        "proto2 and its Editions twin",
        r#"syntax = "proto2";
package twin.v1;
service Svc { rpc Call(Thing) returns (Thing); }
enum Kind { KIND_ONE = 1; KIND_TWO = 2; }
message Thing {
  extensions 100 to 200;
  required string name = 1;
  optional string nick = 2 [default = "x"];
  repeated int32 ids = 3;
  repeated int32 tight = 4 [packed = true];
  map<string, Thing> things = 5;
  oneof pick { Kind kind = 6; bytes data = 7; }
  optional group Part = 8 { optional string label = 1; }
  optional Kind plain = 9 [default = KIND_TWO];
}
extend Thing { optional string more = 100; }
"#,
        r#"edition = "2023";
package twin.v1;
option features.enum_type = CLOSED;
option features.repeated_field_encoding = EXPANDED;
option features.utf8_validation = NONE;
option features.json_format = LEGACY_BEST_EFFORT;
service Svc { rpc Call(Thing) returns (Thing); }
enum Kind { KIND_ONE = 1; KIND_TWO = 2; }
message Thing {
  extensions 100 to 200;
  message Part { string label = 1; }
  string name = 1 [features.field_presence = LEGACY_REQUIRED];
  string nick = 2 [default = "x"];
  repeated int32 ids = 3;
  repeated int32 tight = 4 [features.repeated_field_encoding = PACKED];
  map<string, Thing> things = 5;
  oneof pick { Kind kind = 6; bytes data = 7; }
  Part part = 8 [features.message_encoding = DELIMITED];
  Kind plain = 9 [default = KIND_TWO];
}
extend Thing { string more = 100; }
"#,
    ),
    (
        "features of the file, and the same of each field",
        r#"edition = "2023";
package twin.v1;
option features.field_presence = IMPLICIT;
service Svc { rpc Call(Thing) returns (Thing); }
message Thing { string a = 1; int32 b = 2; repeated int32 c = 3; }
"#,
        r#"edition = "2023";
package twin.v1;
service Svc { rpc Call(Thing) returns (Thing); }
message Thing {
  string a = 1 [features.field_presence = IMPLICIT];
  int32 b = 2 [features.field_presence = IMPLICIT];
  repeated int32 c = 3 [features.repeated_field_encoding = PACKED];
}
"#,
    ),
    (
        "Editions 2023 and 2024",
        r#"edition = "2023";
package twin.v1;
service Svc { rpc Call(Thing) returns (Thing); }
message Thing { string name = 1; repeated int32 numbers = 2; }
"#,
        r#"edition = "2024";
package twin.v1;
service Svc { rpc Call(Thing) returns (Thing); }
message Thing { string name = 1; repeated int32 numbers = 2; }
"#,
    ),
];
