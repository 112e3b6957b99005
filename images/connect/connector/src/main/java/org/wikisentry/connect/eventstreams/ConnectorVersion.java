package org.wikisentry.connect.eventstreams;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The version this was built as. */
final class ConnectorVersion {
    private ConnectorVersion() {}

    static String get() {
        Properties properties = new Properties();
        try (InputStream in = ConnectorVersion.class.getResourceAsStream("version.properties")) {
            properties.load(in);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
        return properties.getProperty("version");
    }
}
