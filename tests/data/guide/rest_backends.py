import requests

url = "https://api.quantum-computing.ibm.com/runtime/backends"
headers = {"Content-Type": "application/json", "x-access-token": access_token}  # noqa: F821
response = requests.get(url, headers=headers, timeout=60)
first_five = response.json()["devices"][:5]
