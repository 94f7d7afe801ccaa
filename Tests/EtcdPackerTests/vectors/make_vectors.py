#!/usr/bin/env python3
"""Writes ProtobufVectors.swift: what another implementation of protobuf makes of etcd's messages.

    python3 -m venv venv
    venv/bin/pip install protobuf==7.36.2
    venv/bin/pip download --no-deps --dest venv aetcd==1.0.0
    venv/bin/python make_vectors.py venv/aetcd-1.0.0-py3-none-any.whl > ../ProtobufVectors.swift

protobuf is Google's implementation; aetcd brings etcd 3.5's public message definitions, as Python. Of each message there
are a few, whose values are made up, the same on every run: as protobuf and as JSON, both written by Google's
implementation. Beside them stands what the definitions say of each field.
"""

import importlib
import json
import random
import sys
import types

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

TYPES = {
    FieldDescriptor.TYPE_BOOL: "bool",
    FieldDescriptor.TYPE_INT64: "int64",
    FieldDescriptor.TYPE_UINT64: "uint64",
    FieldDescriptor.TYPE_UINT32: "uint32",
    FieldDescriptor.TYPE_STRING: "string",
    FieldDescriptor.TYPE_BYTES: "bytes",
    FieldDescriptor.TYPE_MESSAGE: "message",
    FieldDescriptor.TYPE_ENUM: "enum",
}

# Members send these to each other and keep them, clients do not.
LEFT_OUT = {
    "authpb.User",
    "authpb.Role",
    "etcdserverpb.LeaseCheckpoint",
    "etcdserverpb.LeaseCheckpointRequest",
    "etcdserverpb.LeaseCheckpointResponse",
    "etcdserverpb.AuthUserAddRequest.hashedPassword",
    "etcdserverpb.AuthUserChangePasswordRequest.hashedPassword",
}

# Messages whose presence says something even if they are empty; of others, an empty one is as good as none.
PRESENT = {"prev_kv", "perm"}
ALWAYS = {"etcdserverpb.AuthRoleGrantPermissionRequest.perm"}


def fields(descriptor):
    return [field for field in descriptor.fields if field.full_name not in LEFT_OUT]


class Author:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def message(self, message, depth=0):
        of_one = {}
        for field in fields(message.DESCRIPTOR):
            if field.containing_oneof:
                of_one.setdefault(field.containing_oneof.name, []).append(field)
            elif field.full_name in ALWAYS or self.random.random() < 0.8:
                self.fill(message, field, depth)
        for options in of_one.values():
            # A transaction in a transaction in a transaction, and no further.
            if depth > 5:
                options = [field for field in options if not field.name.endswith("_txn")]
            field = self.random.choice(options)
            self.fill(message, field, depth)
            if message.DESCRIPTOR.full_name == "etcdserverpb.Compare":
                target = field.name.removesuffix("_revision").upper()
                message.target = message.DESCRIPTOR.fields_by_name["target"].enum_type.values_by_name[target].number
        return message

    def fill(self, message, field, depth):
        if field.full_name == "etcdserverpb.Compare.target":
            return
        if field.is_repeated:
            values = getattr(message, field.name)
            for _ in range(self.random.choice([0, 1, 3])):
                if field.message_type:
                    self.message(values.add(), depth + 1)
                else:
                    values.append(self.scalar(field))
        elif field.message_type:
            part = getattr(message, field.name)
            part.SetInParent()
            self.message(part, depth + 1)
            if field.message_type.full_name == "authpb.UserAddOptions":
                part.no_password = True
            if part.ByteSize() == 0 and field.name not in PRESENT and not field.containing_oneof:
                message.ClearField(field.name)
        else:
            setattr(message, field.name, self.scalar(field))

    def scalar(self, field):
        if field.type == FieldDescriptor.TYPE_BOOL:
            return self.random.random() < 0.7
        if field.type == FieldDescriptor.TYPE_INT64:
            return self.random.choice([0, 1, 127, 128, 2**31, 2**63 - 1, -1, -(2**63), self.random.randrange(2**53)])
        if field.type == FieldDescriptor.TYPE_UINT64:
            return self.random.choice([0, 1, 127, 128, 2**32, 2**63, 2**64 - 1, self.random.randrange(2**64)])
        if field.type == FieldDescriptor.TYPE_UINT32:
            return self.random.choice([0, 1, 2**32 - 1, self.random.randrange(2**32)])
        if field.type == FieldDescriptor.TYPE_ENUM:
            return self.random.choice(field.enum_type.values).number
        if field.type == FieldDescriptor.TYPE_STRING:
            return self.random.choice(["", "a", "http://127.0.0.1:2379", "é€😀", "x" * 200])
        return self.random.choice([b"", b"a", b"\0", bytes(range(240, 256)), self.random.randbytes(150)])


def load(wheel):
    """The generated modules without the package around them, which needs more than they do."""
    package = types.ModuleType("rpc")
    package.__path__ = [wheel + "/aetcd/rpc"]
    sys.modules["rpc"] = package
    sys.path.insert(0, wheel)
    for name in ("kv_pb2", "auth_pb2", "rpc_pb2"):
        yield from importlib.import_module("rpc." + name).DESCRIPTOR.message_types_by_name.values()


def line(field):
    kind = TYPES[field.type]
    if field.enum_type:
        kind += ":" + ",".join(f"{value.name}={value.number}" for value in field.enum_type.values)
    label = "repeated " if field.is_repeated else ""
    one_of = f" of {field.containing_oneof.name}" if field.containing_oneof else ""
    return f"  {field.number} {field.name} {label}{kind}{one_of}"


def main():
    descriptors = sorted((d for d in load(sys.argv[1]) if d.full_name not in LEFT_OUT), key=lambda d: d.full_name)
    print("// Made by vectors/make_vectors.py. Do not edit.")
    print("// swift-format-ignore-file")
    print()
    print("enum ProtobufVectors {")
    print("  /// Each message with its fields, as etcd's public definitions have them.")
    print('  static let definitions = """')
    for descriptor in descriptors:
        print(f"    {descriptor.full_name}")
        for field in fields(descriptor):
            print("    " + line(field))
    print('    """')
    print()
    print("  /// A line for each message: which one it is, as protobuf, and as JSON.")
    print('  static let lines = ##"""')
    for index, descriptor in enumerate(descriptors):
        seen = set()
        for round in range(5):
            message = Author(100 * index + round).message(GetMessageClass(descriptor)())
            binary = message.SerializeToString(deterministic=True)
            if binary in seen:
                continue
            seen.add(binary)
            text = json_format.MessageToDict(message, preserving_proto_field_name=True)
            text = json.dumps(text, separators=(",", ":"), ensure_ascii=False)
            print(f"    {descriptor.full_name} {binary.hex() or '-'} {text}")
    print('    """##')
    print("}")


if __name__ == "__main__":
    main()
