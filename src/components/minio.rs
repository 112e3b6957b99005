//! MinIO: the object store of the lake, the models and the data sets.

use super::{Component, Port};

pub(super) static MINIO: Component = Component {
    name: "minio",
    purpose: "the lake and the models",
    depends_on: &[],
    ports: &[
        Port {
            name: "s3",
            setting: "minio.port",
            variable: "WIKISENTRY_MINIO_S3_PORT",
            number: |settings| settings.minio.port,
            url: "http://{}",
        },
        Port {
            name: "minio-console",
            setting: "minio.console_port",
            variable: "WIKISENTRY_MINIO_CONSOLE_PORT",
            number: |settings| settings.minio.console_port,
            url: "http://{}",
        },
    ],
    memory_mib: |settings| settings.minio.memory_mib,
    image_bytes: 115_000_000,
    variables: |settings| {
        vec![(
            "WIKISENTRY_MINIO_MEMORY",
            format!("{}m", settings.minio.memory_mib),
        )]
    },
};
