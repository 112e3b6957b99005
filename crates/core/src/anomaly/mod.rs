//! anomaly (interface to come)
