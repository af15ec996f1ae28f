"""What it takes to run a specialist elsewhere: a container's context, Kubernetes manifests, and systemd units."""
