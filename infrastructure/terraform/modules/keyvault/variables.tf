variable "name" { type = string }
variable "location" { type = string }
variable "resource_group" { type = string }
variable "subnet_id" { type = string }
variable "principal_id" { type = string }
variable "tags" { type = map(string) }

variable "allow" {
  description = "Addresses outside of the network that may reach it: who runs Terraform."
  type        = list(string)
  default     = []
}

variable "secret_names" {
  description = "Names of the secrets. Their values are not kept in the state, so their names come apart."
  type        = set(string)
}

variable "secrets" {
  description = "Values by name. They are written and not kept in the state."
  type        = map(string)
  sensitive   = true
  ephemeral   = true
}

variable "secrets_version" {
  description = "Raise it to write other values."
  type        = number
}
