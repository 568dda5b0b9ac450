/**
 * A key and its self-signed certificate for `localhost`, for TLS servers of tests on loopback. They protect nothing.
 */
export const loopbackKey = `
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg90bZkxkm76jUzcWM
CvzwlkCf5h+EoLYtx63I2DlilIOhRANCAASqae0mEIvidjriCVYuFz4V6IV4qONJ
b2qGBUd9poruyQJRXP8FuVYyuYGOPCO1nCPVYN9mE/dt7L544JwvYhdB
-----END PRIVATE KEY-----
`;

/** Valid until 2120; a test must add it to those that it trusts. */
export const loopbackCertificate = `
-----BEGIN CERTIFICATE-----
MIIBZzCCAQ2gAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABKpp7SYQi+J2OuIJ
Vi4XPhXohXio40lvaoYFR32miu7JAlFc/wW5VjK5gY48I7WcI9Vg32YT923svnjg
nC9iF0GjTjBMMA8GA1UdEwEB/wQFMAMBAf8wGgYDVR0RBBMwEYIJbG9jYWxob3N0
hwR/AAABMB0GA1UdDgQWBBRAe7UkBKWdCB3dbkQha9kBEAf19DAKBggqhkjOPQQD
AgNIADBFAiBLMS9TdOp5JIj4iVtD0AipKL2XCa+rIKeXXbnhPyx5DwIhAL9x3xC8
qEQC6Mis3WFHx2jIiHcdlHGLFQ4DzH+0lR85
-----END CERTIFICATE-----
`;
