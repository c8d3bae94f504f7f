# A callback as it arrived: its body, byte for byte, and three headers. MMS_CALLBACK_SECRET is the endpoint's, whsec_...
secret=$(printf %s "${MMS_CALLBACK_SECRET#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \n')
signed="$WEBHOOK_ID.$WEBHOOK_TIMESTAMP.$(cat body.json)"
expected=$(printf %s "$signed" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$secret" -binary | base64)
case " $WEBHOOK_SIGNATURE " in
  *" v1,$expected "*) echo genuine ;;
  *) echo forged; exit 1 ;;
esac
