# One post for what is small.
curl -sS https://portal.example/api/v1/media -H "key: $MMS_KEY" -F file=@picture.png -F alt="The sea"
