# SPDX-License-Identifier: MIT
# Mbed TLS for `needs := tls`: its library folder as one archive, with our configuration.

MBEDTLS_SRC := $(call src-dir,mbedtls)
MBEDTLS_INCLUDES := -isystem $(MBEDTLS_SRC)/include -DMBEDTLS_CONFIG_FILE='"$(CURDIR)/lib/tls/mbedtls_config.h"'
MBEDTLS_SRCS := aes.c aesce.c asn1parse.c asn1write.c base64.c bignum.c bignum_core.c bignum_mod.c bignum_mod_raw.c \
	block_cipher.c chacha20.c chachapoly.c cipher.c cipher_wrap.c constant_time.c ecdh.c ecdsa.c ecp.c ecp_curves.c \
	gcm.c hkdf.c md.c oid.c pem.c pk.c pk_ecc.c pk_wrap.c pkparse.c pkwrite.c platform.c platform_util.c poly1305.c \
	psa_crypto.c psa_crypto_aead.c psa_crypto_cipher.c psa_crypto_client.c psa_crypto_driver_wrappers_no_static.c \
	psa_crypto_ecp.c psa_crypto_hash.c psa_crypto_mac.c psa_crypto_rsa.c psa_crypto_random.c psa_crypto_slot_management.c psa_util.c \
	rsa.c rsa_alt_helpers.c sha1.c sha256.c sha512.c ssl_ciphersuites.c ssl_client.c ssl_msg.c ssl_ticket.c ssl_tls.c \
	ssl_tls12_client.c ssl_tls12_server.c ssl_tls13_client.c ssl_tls13_generic.c ssl_tls13_keys.c ssl_tls13_server.c \
	threading.c x509.c x509_create.c x509_crt.c x509write.c x509write_crt.c
MBEDTLS_X25519 := $(OBJ)/third_party/mbedtls/Hacl_Curve25519_joined.o
MBEDTLS_OBJS := $(MBEDTLS_SRCS:%.c=$(OBJ)/third_party/mbedtls/%.o) $(MBEDTLS_X25519)
MBEDTLS_LIB := $(ARCH_OUT)/libmbedtls.a

# Other sources, by a pin or a patch, build it again.
MBEDTLS_STAMP := $(ARCH_OUT)/mbedtls.stamp
$(MBEDTLS_STAMP): FORCE
	$(call stamp,$(MBEDTLS_SRC))

# An external app of the same source has the rule for it already.
ifneq ($(need_tls),)
$(MBEDTLS_SRC).unpacked: | packages
	$(Q)tools/fetch-deps $(LOCK) $(DL) mbedtls
	$(Q)tools/unpack-dep $(LOCK) $(DL) mbedtls $(MBEDTLS_SRC) $(call patches,mbedtls)
check-tidy-arch $(OBJS_tls): | $(MBEDTLS_SRC).unpacked
$(OBJS_tls): $(MBEDTLS_STAMP)
$(MBEDTLS_OBJS): | $(MBEDTLS_SRC).unpacked
endif

$(MBEDTLS_LIB): $(MBEDTLS_OBJS)
	$(call say,AR,$@)rm -f $@; $(AR) rcD $@ $^

$(OBJ)/third_party/mbedtls/%.o: lib/tls/mbedtls_config.h third_party/mbedtls.mk $(MBEDTLS_STAMP) $(GATES)
	$(call say,CC,mbedtls/$*.c)mkdir -p $(@D); $(CC) $(CFLAGS_THIRD) -D__unix__ $(DEFS) $(INCLUDES) $(MBEDTLS_INCLUDES) \
		$(SYSTEM_INCLUDES) -MD -MP -c -o $@ $(MBEDTLS_SRC)/library/$*.c

# Curve25519 by Project Everest. The macro is for this file only: ecdh.c would pass by what our patch of ecp.c does for all.
EVEREST := $(MBEDTLS_SRC)/3rdparty/everest
$(MBEDTLS_X25519): lib/tls/mbedtls_config.h third_party/mbedtls.mk $(MBEDTLS_STAMP) $(GATES)
	$(call say,CC,mbedtls/$(notdir $@))mkdir -p $(@D); $(CC) $(CFLAGS_THIRD) -D__unix__ $(DEFS) $(INCLUDES) $(MBEDTLS_INCLUDES) \
		-DMBEDTLS_ECDH_VARIANT_EVEREST_ENABLED $(foreach d,include include/everest include/everest/kremlib,-isystem $(EVEREST)/$(d)) \
		-isystem $(MBEDTLS_SRC)/library $(SYSTEM_INCLUDES) -MD -MP -c -o $@ $(EVEREST)/library/$(notdir $(@:.o=.c))
