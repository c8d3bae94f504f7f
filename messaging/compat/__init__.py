"""The four providers' own request formats at our door, each read and answered by the provider's server side."""
