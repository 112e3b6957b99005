"""The Spark session: where it runs is said by the entrypoint of the image, the rest is in spark-defaults.conf."""

from pyspark.sql import SparkSession


def session(name, **settings):
    builder = SparkSession.builder.appName(name)
    usual = {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        # Rows with texts: a batch takes some MB in JVM and Python each.
        "spark.sql.execution.arrow.maxRecordsPerBatch": "4096",
        # Statistics of hours are in the names of folders, which are given.
        "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
        "spark.sql.parquet.compression.codec": "zstd",
        # Files of one hour are small.
        "spark.sql.files.openCostInBytes": "262144",
    }
    for key, value in {**usual, **settings}.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def parallelism(spark):
    return max(1, spark.sparkContext.defaultParallelism)


def path(place):
    """A place as Spark names it."""
    return place.replace("s3://", "s3a://", 1) if place.startswith("s3://") else place
