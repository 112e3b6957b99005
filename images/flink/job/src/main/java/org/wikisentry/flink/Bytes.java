package org.wikisentry.flink;

import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;

/** The types of what goes between operators: bytes of the core, and records with a key. */
final class Bytes {
    static final TypeInformation<byte[]> TYPE = PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO;
    static final TypeInformation<Tuple2<byte[], byte[]>> KEYED = Types.TUPLE(TYPE, TYPE);

    private Bytes() {}
}
