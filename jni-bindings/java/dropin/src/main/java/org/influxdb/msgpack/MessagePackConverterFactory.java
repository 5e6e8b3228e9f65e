package org.influxdb.msgpack;

import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import okhttp3.ResponseBody;
import retrofit2.Converter;
import retrofit2.Retrofit;

/**
 * Makes Retrofit read results of queries from MessagePack. This library does without Retrofit; the application brings
 * it along.
 */
public class MessagePackConverterFactory extends Converter.Factory {

    /** Makes a factory. */
    public MessagePackConverterFactory() {}

    /**
     * Makes a factory.
     *
     * @return the factory
     */
    public static MessagePackConverterFactory create() {
        return new MessagePackConverterFactory();
    }

    @Override
    public Converter<ResponseBody, ?> responseBodyConverter(Type type, Annotation[] annotations, Retrofit retrofit) {
        return new MessagePackResponseBodyConverter();
    }
}
