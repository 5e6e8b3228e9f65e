package org.influxdb.impl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Times as the server writes them, wherever the program runs. */
class TimeUtilTest {

    private final Locale before = Locale.getDefault();

    @AfterEach
    void setBack() {
        Locale.setDefault(before);
        System.clearProperty(Legacy.PROPERTY);
    }

    @ParameterizedTest
    @ValueSource(strings = {"en-US", "th-TH-u-ca-buddhist", "ja-JP-u-ca-japanese", "ar-EG-u-nu-arab"})
    void theLocaleChangesNothing(final String locale) {
        Locale.setDefault(Locale.forLanguageTag(locale));

        assertEquals("2020-01-01T00:00:00.123Z", TimeUtil.toInfluxDBTimeFormat(1_577_836_800_123L));
        assertEquals(1_577_836_800_123L, TimeUtil.fromInfluxDBTimeFormat("2020-01-01T00:00:00.123Z"));
    }

    @Test
    void legacyModeWritesTheYearOfTheLocale() {
        Locale.setDefault(Locale.forLanguageTag("th-TH-u-ca-buddhist"));
        System.setProperty(Legacy.PROPERTY, "true");

        assertEquals("2563-01-01T00:00:00.123Z", TimeUtil.toInfluxDBTimeFormat(1_577_836_800_123L));
    }

    @ParameterizedTest
    @CsvSource({
        "2020-01-01T00:00:00Z, 1577836800000",
        "2020-01-01T00:00:00.1Z, 1577836800100",
        "2020-01-01T00:00:00.123456789Z, 1577836800123",
        "1969-12-31T23:59:59.999999999Z, -1",
    })
    void readsEveryNumberOfDigits(final String time, final long millis) {
        assertEquals(millis, TimeUtil.fromInfluxDBTimeFormat(time));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "Z", "2020-01-01", "2020-13-01T00:00:00Z", "2020-01-01T00:00:00", "2020-01-01T00:00:00+01:00"
            })
    void refusesWhatTheServerDoesNotWrite(final String time) {
        assertThrows(RuntimeException.class, () -> TimeUtil.fromInfluxDBTimeFormat(time));
    }
}
