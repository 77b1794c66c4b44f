"""Hashes, signatures, ciphers, checksum and decompression, from libcrypto.so.3 and libzstd.so.1."""
import ctypes
import hashlib
import hmac

crypto, zstd = ctypes.CDLL("libcrypto.so.3"), ctypes.CDLL("libzstd.so.1")


def native(library, name, result, arguments):
    """A C function; types as letters: pointer, bytes, int, size, 64 bits, address of a number."""
    types = {"p": ctypes.c_void_p, "b": ctypes.c_char_p, "i": ctypes.c_int, "s": ctypes.c_size_t,
             "q": ctypes.c_uint64, "a": ctypes.c_void_p, "-": None}
    made = getattr(library, name)
    made.restype, made.argtypes = types[result], [types[letter] for letter in arguments]
    return made


new_public = native(crypto, "EVP_PKEY_new_raw_public_key", "p", "ipbs")
new_private = native(crypto, "EVP_PKEY_new_raw_private_key", "p", "ipbs")
raw_public = native(crypto, "EVP_PKEY_get_raw_public_key", "i", "pba")
free_key = native(crypto, "EVP_PKEY_free", "-", "p")
new_digest = native(crypto, "EVP_MD_CTX_new", "p", "")
free_digest = native(crypto, "EVP_MD_CTX_free", "-", "p")
verify_init = native(crypto, "EVP_DigestVerifyInit", "i", "ppppp")
verify_once = native(crypto, "EVP_DigestVerify", "i", "pbsbs")
new_exchange = native(crypto, "EVP_PKEY_CTX_new", "p", "pp")
free_exchange = native(crypto, "EVP_PKEY_CTX_free", "-", "p")
derive_init = native(crypto, "EVP_PKEY_derive_init", "i", "p")
derive_peer = native(crypto, "EVP_PKEY_derive_set_peer", "i", "pp")
derive = native(crypto, "EVP_PKEY_derive", "i", "pba")
new_cipher = native(crypto, "EVP_CIPHER_CTX_new", "p", "")
free_cipher = native(crypto, "EVP_CIPHER_CTX_free", "-", "p")
decrypt_init = native(crypto, "EVP_DecryptInit_ex", "i", "pppbb")
decrypt_update = native(crypto, "EVP_DecryptUpdate", "i", "pbabi")
decrypt_final = native(crypto, "EVP_DecryptFinal_ex", "i", "pba")
cipher_control = native(crypto, "EVP_CIPHER_CTX_ctrl", "i", "piib")
AES_256_GCM = native(crypto, "EVP_aes_256_gcm", "p", "")()
AES_256_CTR = native(crypto, "EVP_aes_256_ctr", "p", "")()
zstd_content_size = native(zstd, "ZSTD_getFrameContentSize", "q", "bs")
zstd_frame_size = native(zstd, "ZSTD_findFrameCompressedSize", "s", "bs")
zstd_decompress = native(zstd, "ZSTD_decompress", "s", "bsbs")
X25519, ED25519, SET_TAG = 1034, 1087, 17


def H(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def expand(key, info):
    """HKDF-Expand with SHA-256 to 32 bytes: one block."""
    return hmac.digest(key, info + b"\1", "sha256")


def signature_valid(key, signature, text):
    pkey, context = new_public(ED25519, None, key, 32), new_digest()
    try:
        return (bool(pkey) and verify_init(context, None, None, None, pkey) == 1
                and verify_once(context, signature, len(signature), text, len(text)) == 1)
    finally:
        free_digest(context)
        free_key(pkey)


def decrypt(cipher, key, nonce, data, aad=None, tag=None):
    """Plaintext, or None when the tag is wrong."""
    context, length = new_cipher(), ctypes.c_int()
    out, at = ctypes.create_string_buffer(len(data) + 16), ctypes.addressof(length)
    try:
        decrypt_init(context, cipher, None, key, nonce)
        if aad is not None:
            decrypt_update(context, None, at, aad, len(aad))
        decrypt_update(context, out, at, data, len(data))
        if tag is not None:
            cipher_control(context, SET_TAG, 16, tag)
            if decrypt_final(context, ctypes.create_string_buffer(16), at) != 1:
                return None
        return out.raw[:len(data)]
    finally:
        free_cipher(context)


def gcm_open(key, nonce, sealed, aad):
    return decrypt(AES_256_GCM, key, nonce, sealed[:-16], aad, sealed[-16:]) if len(sealed) >= 16 else None


def keystream(key, first_block, size):
    return decrypt(AES_256_CTR, key, first_block.to_bytes(16, "big"), bytes(size))


def x25519_public(private):
    key, out, size = new_private(X25519, None, private, 32), ctypes.create_string_buffer(32), ctypes.c_size_t(32)
    raw_public(key, out, ctypes.addressof(size))
    free_key(key)
    return out.raw


def x25519(private, public):
    """The shared secret; None for one of zeros, which OpenSSL refuses."""
    key, peer = new_private(X25519, None, private, 32), new_public(X25519, None, public, 32)
    context, out, size = new_exchange(key, None), ctypes.create_string_buffer(32), ctypes.c_size_t(32)
    try:
        good = (derive_init(context) == 1 and derive_peer(context, peer) == 1
                and derive(context, out, ctypes.addressof(size)) == 1)
        return out.raw if good and any(out.raw) else None
    finally:
        free_exchange(context)
        free_key(key)
        free_key(peer)


def hpke_open(private, enc, ciphertext, info, aad):
    """RFC 9180, base mode, single shot: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM."""
    def extract(suite, salt, label, key):
        return hmac.digest(salt, b"HPKE-v1" + suite + label + key, "sha256")

    def labeled(suite, key, label, context, size):
        return expand(key, size.to_bytes(2, "big") + b"HPKE-v1" + suite + label + context)[:size]

    shared = x25519(private, enc) if len(enc) == 32 else None
    if shared is None:
        return None
    kem, suite = b"KEM\0\x20", b"HPKE\0\x20\0\1\0\2"
    secret = labeled(kem, extract(kem, b"", b"eae_prk", shared), b"shared_secret", enc + x25519_public(private), 32)
    context = b"\0" + extract(suite, b"", b"psk_id_hash", b"") + extract(suite, b"", b"info_hash", info)
    secret = extract(suite, secret, b"secret", b"")
    return gcm_open(labeled(suite, secret, b"key", context, 32), labeled(suite, secret, b"base_nonce", context, 12),
                    ciphertext, aad)


def zstd_open(data, size):
    """One zstd frame of exactly `size` bytes, its window within 2^27; ValueError."""
    if len(data) < 6 or data[:4] != b"\x28\xb5\x2f\xfd" or zstd_content_size(data, len(data)) != size:
        raise ValueError("the zstd frame does not give its size")
    if not data[4] & 32 and (8 + (data[5] & 7)) << (7 + (data[5] >> 3)) > 1 << 27:
        raise ValueError("the zstd window is too large")
    out = ctypes.create_string_buffer(size + 1)
    if zstd_frame_size(data, len(data)) != len(data) or zstd_decompress(out, size, data, len(data)) != size:
        raise ValueError("the zstd frame is damaged")
    return out.raw[:size]


def crc_row(value):
    for _ in range(8):
        value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)  # 1EDC6F41 reflected
    return value


CRC_TABLE = [crc_row(byte) for byte in range(256)]


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = CRC_TABLE[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 0xFFFFFFFF
